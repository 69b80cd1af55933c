import { fuzzContract } from '../contract/fuzz.ts';
import { testContract } from '../contract/harness.ts';
import { suite } from '../contract/ucenter.cases.ts';

testContract(suite);
fuzzContract(suite);
