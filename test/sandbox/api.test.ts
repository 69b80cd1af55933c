import { fuzzContract } from '../contract/fuzz.ts';
import { testContract } from '../contract/harness.ts';
import { suite } from '../contract/sandbox.cases.ts';

testContract(suite);
fuzzContract(suite);
