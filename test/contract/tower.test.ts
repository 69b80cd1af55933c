import { fuzzContract } from './fuzz.ts';
import { testContract } from './harness.ts';
import { suite } from './tower.cases.ts';

testContract(suite);
fuzzContract(suite);
