import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { causeMessage, control, makeWorld, signIn, statusOf } from './control.ts';

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startServer();
  url = server.url;
});
afterAll(() => server.close());

/** Reads a stream until a number of events have come, and leaves it. */
async function eventsOf(base: string, count: number, cause: () => Promise<unknown>, headers = {}) {
  const response = await fetch(`${base}/sandbox/events`, { headers });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let isCaused = false;
  while (events.length < count + 1) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.feed(decoder.decode(value, { stream: true }));
    if (isCaused || events.length === 0) continue;
    isCaused = true;
    await cause();
  }
  await reader.cancel();
  const [first, ...others] = events.map(({ id, event, data }) => ({ id, event, data: JSON.parse(data) }));
  expect(first).toMatchObject({ event: 'connected', data: {} });
  return { start: first?.id, events: others };
}

describe('events', () => {
  it('are the requests in the order of their answers, and none is lost between two streams', async () => {
    const { base_url: base } = await makeWorld(url);
    const call = () => statusOf(base, 'wrong');
    const { events } = await eventsOf(base, 2, async () => {
      await call();
      await signIn(base);
    });
    expect(events).toMatchObject([
      { id: 'r1', event: 'request', data: { id: 'r1', operation: 'getCurrentMember', status: 401 } },
      { id: 'r2', event: 'request', data: { id: 'r2', operation: 'createToken', status: 200 } },
    ]);
    await call();
    const later = await eventsOf(base, 2, call, { 'Last-Event-ID': 'r2' });
    expect(later.start).toBe('r2');
    expect(later.events.map(({ id }) => id)).toEqual(['r3', 'r4']);
  });

  it('are messages, faults and the clock, with what there is now', async () => {
    const { base_url: base } = await makeWorld(url);
    const sent = await eventsOf(base, 2, () => causeMessage(base));
    expect(sent.events.find(({ event }) => event === 'message')?.data).toMatchObject({
      channel: 'wechat',
      code: expect.stringMatching(/^\d+$/),
    });
    const faulty = await eventsOf(base, 1, () => control(base, 'POST', '/faults', { api: 'tower' }));
    expect(faulty.events).toMatchObject([{ event: 'faults', data: [{ id: 'f1', api: 'tower', matched: 0 }] }]);
    const clocked = await eventsOf(base, 1, () => control(base, 'PATCH', '/clock', { advance: '2h' }));
    expect(clocked.events).toMatchObject([{ event: 'clock', data: { frozen: false } }]);
  });

  it('say that data were made and that a token changed', async () => {
    const { base_url: base } = await makeWorld(url);
    await signIn(base);
    const seeded = await eventsOf(base, 1, () =>
      control(base, 'POST', '/seed', {
        tower: { users: [{ ref: 'ada', username: 'ada@example.com', nickname: 'Ada' }] },
      }),
    );
    expect(seeded.events).toMatchObject([{ event: 'seed', data: {} }]);
    const [{ id }] = (await (await control(base, 'GET', '/tokens')).json()) as [{ id: string }];
    const expired = await eventsOf(base, 1, () => control(base, 'PATCH', `/tokens/${id}`, { expires_in: '0s' }));
    expect(expired.events).toMatchObject([{ event: 'token', data: {} }]);
    const revoked = await eventsOf(base, 1, () => control(base, 'DELETE', `/tokens/${id}`));
    expect(revoked.events).toMatchObject([{ event: 'token', data: {} }]);
  });

  it('say what was cleared', async () => {
    const { base_url: base } = await makeWorld(url);
    await causeMessage(base);
    await control(base, 'GET', '/outbox?wait=5s');
    const { events } = await eventsOf(base, 2, async () => {
      await control(base, 'DELETE', '/requests');
      await control(base, 'DELETE', '/outbox');
    });
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['cleared', { what: 'requests' }],
      ['cleared', { what: 'outbox' }],
    ]);
  });

  it('are the worlds, outside of them', async () => {
    const { events } = await eventsOf(url, 1, () => makeWorld(url));
    expect(events).toMatchObject([{ event: 'worlds', data: expect.arrayContaining([expect.anything()]) }]);
  });

  it('end with a reset', async () => {
    const { base_url: base } = await makeWorld(url);
    const stream = await fetch(`${base}/sandbox/events`);
    await control(base, 'POST', '/reset');
    expect(await stream.text()).toContain('retry:');
  });
});
