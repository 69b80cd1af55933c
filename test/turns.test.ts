import { expect, it } from 'vitest';
import { createTurnstile } from '../src/turns.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('runs at most eight pieces of work at a time, in order', async () => {
  const inTurn = createTurnstile();
  const begun: number[] = [];
  let most = 0;
  let running = 0;
  const works = Array.from({ length: 30 }, (_, index) =>
    inTurn(async () => {
      begun.push(index);
      most = Math.max(most, ++running);
      for (let turns = 0; turns < 20; turns += 1) await turn();
      running -= 1;
      return index;
    }),
  );
  expect(await Promise.all(works)).toEqual(begun);
  expect(most).toBe(8);
});

it('lets the next piece of work begin after a failure', async () => {
  const inTurn = createTurnstile();
  const failures = Array.from({ length: 8 }, () => inTurn(() => Promise.reject(new Error('failed'))));
  const next = inTurn(async () => 'done');
  expect((await Promise.allSettled(failures)).map(({ status }) => status)).toEqual(Array(8).fill('rejected'));
  expect(await next).toBe('done');
});

it('leaves turns of the event loop to others', async () => {
  const inTurn = createTurnstile();
  let finished = 0;
  const work = async () => {
    finished += 1;
  };
  const works = Promise.all(Array.from({ length: 1000 }, () => inTurn(work)));
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(finished).toBeLessThanOrEqual(10);
  await works;
  expect(finished).toBe(1000);
});
