import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGobelieveClient, createPpmessageClient, type StreamOptions } from '../../src/client/index.ts';

type Fetch = typeof globalThis.fetch;
type Planned = (() => Response) | undefined;

const stream = (text: string) => () => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } });
const refusal =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response('busy', { status, headers });

const clients = {
  GoBelieve: (fetch: Fetch, options: StreamOptions) =>
    createGobelieveClient({ baseUrl: 'http://a.example/gobelieve', token: 'a', fetch }).events(options),
  PPMessage: (fetch: Fetch, options: StreamOptions) =>
    createPpmessageClient({ baseUrl: 'http://a.example/ppmessage', token: 'a', fetch }).events(options),
};

type Open = (typeof clients)['GoBelieve'];

/** The pauses before the reconnections, in milliseconds of a fake clock, for answers of a server one after the other. */
async function pausesOf(open: Open, random: (() => number) | undefined, answers: Planned[]): Promise<number[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.parse('2026-01-01T00:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const times: number[] = [];
  const stop = new AbortController();
  const fetch = (async () => {
    times.push(Date.now());
    const planned = answers[times.length - 1];
    if (times.length === answers.length) stop.abort();
    if (planned === undefined) throw new TypeError('The network is gone');
    return planned();
  }) as Fetch;
  const reading = (async () => {
    for await (const _ of open(fetch, { random, signal: stop.signal }));
  })();
  while (!stop.signal.aborted) {
    // Streams need some turns of the event loop; only then is the next timer that of the pause.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersToNextTimerAsync();
  }
  await reading;
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

describe.each(Object.entries(clients))('reconnections of the %s client', (_name, client) => {
  const open = client as Open;
  const failures = Array<Planned>(7).fill(undefined);
  const opened = stream(':\n\n');

  it('come at a random time, of an interval that doubles with each failure up to 30 seconds', async () => {
    expect(await pausesOf(open, () => 1, [opened, ...failures])).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect(await pausesOf(open, () => 0.25, [opened, ...failures])).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500]);
    // After a success the interval is short again.
    expect(await pausesOf(open, () => 1, [opened, undefined, opened, undefined])).toEqual([1000, 2000, 1000]);
  });

  it('are spread by Math.random', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    onTestFinished(() => random.mockRestore());
    expect(await pausesOf(open, undefined, [opened, opened])).toEqual([500]);
  });

  it('wait as long as retry: says, and a random time more', async () => {
    const asking = stream('retry: 200\n\n');
    expect(await pausesOf(open, () => 0, [asking, opened, opened])).toEqual([200, 200]);
    expect(await pausesOf(open, () => 0.5, [asking, opened, undefined, opened])).toEqual([300, 300, 400]);
  });

  it.each([
    ['a number of seconds', '120'],
    ['a date', 'Thu, 01 Jan 2026 00:02:00 GMT'],
  ])('wait as long as Retry-After says with %s', async (_what, value) => {
    for (const status of [429, 503]) {
      const busy = refusal(status, { 'Retry-After': value });
      expect(await pausesOf(open, () => 0, [opened, busy, opened])).toEqual([0, 120_000]);
      expect(await pausesOf(open, () => 0.5, [stream('retry: 0\n\n'), busy, opened, opened])).toEqual([0, 120_000, 0]);
    }
  });
});
