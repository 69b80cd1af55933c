import { once } from 'node:events';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/context.ts';
import { eventStream, type Send } from '../../src/live/event-stream.ts';

function contextOf(closing = new AbortController()) {
  const lines: { msg: string }[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as { msg: string }) });
  return { closing, lines, context: { closing: closing.signal, log } as unknown as Context };
}

/** A stream whose events the test sends. */
function open(context: Context) {
  let send: Send = async () => {};
  let end = () => {};
  let left = 0;
  const stream = eventStream(context, (given, givenEnd) => {
    send = given;
    end = givenEnd;
    return () => {
      left += 1;
    };
  });
  return { stream, send: (event: Parameters<Send>[0]) => send(event), end: () => end(), left: () => left };
}

const long = 'x'.repeat(100_000);

describe('eventStream', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins at once and writes events in the format of the standard', async () => {
    const { closing, context } = contextOf();
    const { stream, send, left } = open(context);
    expect(String(stream.read())).toBe(':\n\n');
    send({ id: '7', event: 'message', data: { text: 'a\nb\u2028' } });
    send({ data: null });
    const chunks: string[] = [];
    stream.on('data', (chunk) => chunks.push(String(chunk)));
    closing.abort();
    await once(stream, 'close');
    const [events, goodbye] = chunks.join('').split(/(?=retry:)/);
    expect(events).toBe('id: 7\nevent: message\ndata: {"text":"a\\nb\u2028"}\n\ndata: null\n\n');
    expect(goodbye).toMatch(/^retry: \d{4}\n\n$/);
    expect(left()).toBe(1);
  });

  it('unsubscribes when the reader disconnects, and sends nothing after that', async () => {
    const { stream, send, left } = open(contextOf().context);
    stream.destroy();
    await once(stream, 'close');
    send({ data: 1 });
    expect(left()).toBe(1);
  });

  it('unsubscribes also when the reader disconnects before the subscription has begun', async () => {
    let begun: () => void = () => {};
    const left = new Promise<void>((resolve) => {
      const stream = eventStream(contextOf().context, async () => {
        await new Promise<void>((go) => {
          begun = go;
        });
        return resolve;
      });
      stream.destroy();
    });
    begun();
    await left;
  });

  it('makes the sender of many events wait for the reader, and loses none', async () => {
    const { stream, send } = open(contextOf().context);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 30; sent++) await send({ id: String(sent), data: long });
      stream.push(null);
    })();
    // Everything that does not wait for the reader has run by then.
    await new Promise(setImmediate);
    expect(sent).toBe(0);
    let text = '';
    for await (const chunk of stream) text += chunk;
    await sending;
    expect(text.match(/^id: \d+$/gm)).toEqual(Array.from({ length: 30 }, (_, id) => `id: ${id}`));
  });

  it('does not wait for a reader that has disconnected', async () => {
    const { stream, send } = open(contextOf().context);
    const sending = send({ id: '1', data: long });
    stream.destroy();
    await sending;
  });

  it('sends an event of any size', async () => {
    const { stream, send } = open(contextOf().context);
    const data = long.repeat(30);
    const sending = send({ id: '1', data });
    expect(String(stream.read())).toBe(`:\n\nid: 1\ndata: "${data}"\n\n`);
    await sending;
  });

  it('drops only events without an id when the reader is far behind', () => {
    const { stream, send } = open(contextOf().context);
    for (let sent = 0; sent < 20; sent++) void send({ event: 'passing', data: long });
    void send({ id: '1', data: 'stored' });
    const text = String(stream.read());
    expect(text.match(/^event: passing$/gm)).toHaveLength(11);
    expect(text).toContain('stored');
  });

  it('disconnects a reader that takes nothing for a minute, and not a slow one', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { stream, send, left } = open(contextOf().context);
    for (let sent = 0; sent < 5; sent++) {
      void send({ id: String(sent), data: long });
      vi.advanceTimersByTime(45_000);
      expect(stream.destroyed).toBe(false);
      stream.read();
    }
    void send({ id: '5', data: long });
    vi.advanceTimersByTime(75_000);
    expect(stream.destroyed).toBe(true);
    await once(stream, 'close');
    expect(left()).toBe(1);
  });

  it('ends on request, and sends nothing after that', async () => {
    const { stream, send, end, left } = open(contextOf().context);
    end();
    void send({ id: '1', data: 1 });
    let text = '';
    for await (const chunk of stream) text += chunk;
    expect(text).toBe(':\n\n');
    expect(left()).toBe(1);
  });

  it('ends when the server is already closing, and breaks off when the subscription fails', async () => {
    const closed = contextOf();
    closed.closing.abort();
    const { stream } = open(closed.context);
    let text = '';
    for await (const chunk of stream) text += chunk;
    expect(text).toMatch(/^:\n\nretry: \d{4}\n\n$/);

    const { context, lines } = contextOf();
    const broken = eventStream(context, () => Promise.reject(new Error('no database')));
    await once(broken, 'close');
    expect(broken.readableEnded).toBe(false);
    expect(lines.map(({ msg }) => msg)).toEqual(['an event stream broke off']);
  });
});
