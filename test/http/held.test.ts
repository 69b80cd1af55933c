import { setImmediate as turn } from 'node:timers/promises';
import type { Request } from 'express';
import { expect, it, vi } from 'vitest';
import { hold, releaseHeld } from '../../src/http/held.ts';

const fail = () => {
  throw new Error('close failed');
};

it.each([
  ['rejects', async () => fail()],
  ['throws', fail],
])('a release that %s does not end the process, before and after the end of a request', async (_, failing) => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const request = {} as Request;
  const [release, other] = [vi.fn(failing), vi.fn()];
  hold(request, release);
  hold(request, other);
  releaseHeld(request);
  hold(request, release);
  await turn();
  process.off('unhandledRejection', unhandled);
  expect(release).toHaveBeenCalledTimes(2);
  expect(other).toHaveBeenCalledTimes(1);
  expect(unhandled).not.toHaveBeenCalled();
});
