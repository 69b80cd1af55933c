import { once } from 'node:events';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { eventStream, type StreamedEvent } from '../../src/http/event-stream.ts';

function contextOf(closing = new AbortController()) {
  const lines: { msg: string }[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as { msg: string }) });
  return { closing, lines, context: { closing: closing.signal, log } as unknown as Context };
}

/** A stream whose events the test sends itself. */
function open(context: Context) {
  let send: (event: StreamedEvent) => void = () => {};
  let left = 0;
  const stream = eventStream(context, (given) => {
    send = given;
    return () => {
      left += 1;
    };
  });
  return { stream, send: (event: StreamedEvent) => send(event), left: () => left };
}

describe('eventStream', () => {
  it('begins at once and writes events as the standard has them', async () => {
    const { closing, context } = contextOf();
    const { stream, send, left } = open(context);
    expect(String(stream.read())).toBe(':\n\n');
    send({ id: '7', event: 'message', data: { text: 'a\nb\u2028' } });
    send({ data: null });
    const chunks: string[] = [];
    stream.on('data', (chunk) => chunks.push(String(chunk)));
    closing.abort();
    await once(stream, 'close');
    expect(chunks.join('')).toBe('id: 7\nevent: message\ndata: {"text":"a\\nb\u2028"}\n\ndata: null\n\n');
    expect(left()).toBe(1);
  });

  it('leaves when the reader goes away, and sends nothing after that', async () => {
    const { stream, send, left } = open(contextOf().context);
    stream.destroy();
    await once(stream, 'close');
    send({ data: 1 });
    expect(left()).toBe(1);
  });

  it('leaves also when the reader was gone before it had begun', async () => {
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

  it('cuts off a reader that does not read', async () => {
    const { stream, send, left } = open(contextOf().context);
    for (let sent = 0; sent < 20 && !stream.destroyed; sent++) send({ data: 'x'.repeat(100_000) });
    expect(stream.destroyed).toBe(true);
    await once(stream, 'close');
    expect(left()).toBe(1);
  });

  it('ends when the server is closing already, and breaks off when it cannot begin', async () => {
    const closed = contextOf();
    closed.closing.abort();
    const { stream } = open(closed.context);
    stream.resume();
    await once(stream, 'end');

    const { context, lines } = contextOf();
    const broken = eventStream(context, () => Promise.reject(new Error('no database')));
    await once(broken, 'close');
    expect(broken.readableEnded).toBe(false);
    expect(lines.map(({ msg }) => msg)).toEqual(['an event stream broke off']);
  });
});
