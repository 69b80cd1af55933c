import { setImmediate as turn } from 'node:timers/promises';
import type { Request } from 'express';
import { expect, it, vi } from 'vitest';
import { hold, releaseHeld } from '../../src/http/held.ts';

it('what cannot be given back does not end the process, before and after the end of a request', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const request = {} as Request;
  const release = vi.fn(() => Promise.reject(new Error('close failed')));
  hold(request, release);
  releaseHeld(request);
  hold(request, release);
  await turn();
  process.off('unhandledRejection', unhandled);
  expect(release).toHaveBeenCalledTimes(2);
  expect(unhandled).not.toHaveBeenCalled();
});
