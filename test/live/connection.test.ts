import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/live/connection.ts';

/** A stream whose client takes what is written while `isTaking` says so. */
class Client extends Duplex {
  isTaking = true;
  readonly taken: string[] = [];
  private waiting: (() => void) | undefined;

  override _read() {}

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.taken.push(chunk.toString());
    if (this.isTaking) done();
    else this.waiting = done;
  }

  takeOne() {
    const done = this.waiting;
    this.waiting = undefined;
    done?.();
  }
}

const clocks = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] as const;

describe('Connection', () => {
  afterEach(() => void vi.useRealTimers());

  function open(keptMs = 60_000, closing = new AbortController()) {
    vi.useFakeTimers({ toFake: [...clocks] });
    const client = new Client();
    return { client, closing, connection: new Connection(client, keptMs, closing.signal) };
  }

  it('ends when it is not kept', () => {
    const { client, connection } = open(60_000);
    vi.advanceTimersByTime(50_000);
    connection.keepFor(60_000);
    vi.advanceTimersByTime(50_000);
    expect(client.destroyed).toBe(false);
    vi.advanceTimersByTime(20_000);
    expect([client.destroyed, connection.isEnded]).toEqual([true, true]);
  });

  it('is cut off when its client takes nothing for half a minute, and not while it takes a little', () => {
    const { client, connection } = open(3_600_000);
    client.isTaking = false;
    for (let count = 0; count < 20; count++) connection.write(Buffer.from('frame'));
    for (let count = 0; count < 10; count++) {
      vi.advanceTimersByTime(10_000);
      client.takeOne();
    }
    expect(client.destroyed).toBe(false);
    vi.advanceTimersByTime(40_000);
    expect(client.destroyed).toBe(true);
  });

  it('sends each piece with one write, and tells when the client can take more', async () => {
    const { client, connection } = open();
    connection.write(Buffer.from('one'));
    connection.write(Buffer.from('two'));
    await connection.drained();
    client.isTaking = false;
    connection.write(Buffer.alloc(100_000, 'x'));
    let isDrained = false;
    const drained = connection.drained().then(() => {
      isDrained = true;
    });
    await Promise.resolve();
    expect([isDrained, connection.waitingBytes]).toEqual([false, 100_000]);
    client.takeOne();
    await drained;
    expect(client.taken.slice(0, 2)).toEqual(['one', 'two']);
  });

  it('does not wait for a client that has gone', async () => {
    const { client, connection } = open();
    client.isTaking = false;
    connection.write(Buffer.alloc(100_000));
    const drained = connection.drained();
    client.destroy(new Error('reset by the client'));
    await drained;
    connection.write(Buffer.from('nobody takes this'));
    expect(connection.isEnded).toBe(true);
  });

  it('ends with its server, each connection at its own time', async () => {
    const closing = new AbortController();
    const all = Array.from({ length: 200 }, () => open(60_000, closing));
    closing.abort();
    await vi.advanceTimersByTimeAsync(500);
    const early = all.filter(({ connection }) => connection.isEnded).length;
    await vi.advanceTimersByTimeAsync(500);
    expect([early > 0, early < 200, all.every(({ connection }) => connection.isEnded)]).toEqual([true, true, true]);
    const late = open(60_000, closing);
    await once(late.client, 'finish');
  });
});
