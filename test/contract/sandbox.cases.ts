import type { operations } from '../../generated/sandbox.ts';
import { sandbox } from '../../src/app.ts';
import type { Suite } from './harness.ts';

export const suite: Suite<operations, undefined> = {
  api: sandbox,
  createWorld: () => undefined,
  cases: {
    getCredentials: {
      200: {},
    },
    listOutbox: {
      200: [{}, { query: { to: '+8613800000000', limit: '1', wait: '10ms' } }],
      400: [{ query: { wait: 'soon' } }, { query: { wait: '61s' } }, { query: { limit: '0' } }],
    },
    clearOutbox: {
      204: [{}, { query: { to: '+8613800000000' } }],
    },
  },
};
