import contract from '../../../generated/ppmessage.json' with { type: 'json' };
import { type Example, examplesOf } from './examples.ts';

export const examples: Example[] = examplesOf(contract);
