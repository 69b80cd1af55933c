import { fuzzContract } from '../contract/fuzz.ts';
import { suite } from '../contract/gobelieve.cases.ts';
import { testContract } from '../contract/harness.ts';

testContract(suite);
fuzzContract(suite);
