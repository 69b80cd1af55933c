import { fuzzContract } from './fuzz.ts';
import { testContract } from './harness.ts';
import { suite } from './ucenter.cases.ts';

testContract(suite);
fuzzContract(suite);
