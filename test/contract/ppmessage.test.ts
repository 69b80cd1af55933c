import { testContract } from './harness.ts';
import { suite } from './ppmessage.cases.ts';

testContract(suite);
