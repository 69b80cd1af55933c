import { fuzzContract } from './fuzz.ts';
import { testContract } from './harness.ts';
import { suite } from './sandbox.cases.ts';

testContract(suite);
fuzzContract(suite);
