import { suite as gobelieve } from '../contract/gobelieve.cases.ts';
import type { Suite } from '../contract/harness.ts';
import { suite as ppmessage } from '../contract/ppmessage.cases.ts';
import { suite as sandbox } from '../contract/sandbox.cases.ts';
import { suite as tower } from '../contract/tower.cases.ts';
import { suite as ucenter } from '../contract/ucenter.cases.ts';

/** The cases of the contract tests, by API. */
export const suites: Readonly<Record<string, Suite>> = { gobelieve, ppmessage, sandbox, tower, ucenter };
