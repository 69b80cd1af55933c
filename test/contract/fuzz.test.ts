import { expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { fuzzContract } from './fuzz.ts';
import { suite as gobelieve } from './gobelieve.cases.ts';
import { suite as ppmessage } from './ppmessage.cases.ts';
import { suite as tower } from './tower.cases.ts';
import { suite as ucenter } from './ucenter.cases.ts';

const suites = [tower, gobelieve, ucenter, ppmessage];

it('looks at every API', () => expect(suites.map(({ api }) => api.name)).toEqual(apis.map(({ name }) => name)));

suites.forEach(fuzzContract);
