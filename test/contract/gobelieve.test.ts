import { fuzzContract } from './fuzz.ts';
import { suite } from './gobelieve.cases.ts';
import { testContract } from './harness.ts';

testContract(suite);
fuzzContract(suite);
