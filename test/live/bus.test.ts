import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bus, createBus } from '../../src/live/bus.ts';
import { silent as log } from '../support/silent-log.ts';

const opened: Bus[] = [];

async function open(redisUrl?: string, warn = log.warn): Promise<Bus> {
  const live = await createBus({ redisUrl, redisTimeoutMs: 1000 }, { ...log, warn });
  opened.push(live);
  return live;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((live) => live.close()));
});

/** Collects events, and waits for a number of them. */
function collect() {
  const events: unknown[] = [];
  let wake = () => {};
  return {
    events,
    listener: (event: unknown) => {
      events.push(event);
      wake();
    },
    async first(count: number) {
      while (events.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return events;
    },
  };
}

describe('in one process', () => {
  it('delivers events to the subscribers of the topic, in order, and to no others', async () => {
    const live = await open();
    const [ann, bob] = [collect(), collect()];
    live.subscribe(['user:1'], ann.listener);
    live.subscribe(['user:2'], bob.listener);
    for (const number of [1, 2, 3]) live.publish(['user:1'], { number });
    live.publish(['user:3'], 'unheard');
    live.publish([], 'unheard');
    expect(ann.events).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
    expect(bob.events).toEqual([]);
  });

  it('delivers an event once to a listener with several of its topics', async () => {
    const live = await open();
    const ann = collect();
    live.subscribe(['user:1', 'room:1'], ann.listener);
    live.publish(['room:1', 'user:1'], 'hello');
    expect(ann.events).toEqual(['hello']);
  });

  it('delivers nothing after the end of a subscription, and to the others when a listener fails', async () => {
    const live = await open();
    const [ann, bob] = [collect(), collect()];
    const leave = live.subscribe(['room:1'], ann.listener);
    live.subscribe(['room:1'], () => {
      throw new Error('no');
    });
    live.subscribe(['room:1'], bob.listener);
    leave();
    leave();
    live.publish(['room:1'], 'hello');
    expect([ann.events, bob.events]).toEqual([[], ['hello']]);
  });
});

const redis = process.env.TEST_REDIS_URL;

describe.skipIf(redis === undefined)('between nodes', () => {
  /** With a database number that no other test uses. */
  const url = () => `${redis}/9`;

  it('carries events to every node once', async () => {
    const [one, two] = [await open(url()), await open(url())];
    const [here, there] = [collect(), collect()];
    one.subscribe(['user:1'], here.listener);
    two.subscribe(['user:1'], there.listener);
    for (const number of [1, 2, 3]) one.publish(['user:1'], { number, text: '你好\0' });
    const expected = [1, 2, 3].map((number) => ({ number, text: '你好\0' }));
    expect(await there.first(3)).toEqual(expected);
    two.publish(['user:1'], 'back');
    expect(await here.first(4)).toEqual([...expected, 'back']);
    expect(there.events).toEqual([...expected, 'back']);
  });

  it('goes on after a message that no node of this program has sent', async () => {
    const live = await open(url());
    const ann = collect();
    live.subscribe(['user:1'], ann.listener);
    const stranger = new Redis(url());
    for (const message of ['not JSON', 'null', '{"topics":1}']) await stranger.publish('qiyue:live:9', message);
    const known = { node: 'another', topics: ['user:1'], event: 'hello' };
    await stranger.publish('qiyue:live:9', JSON.stringify(known));
    expect(await ann.first(1)).toEqual(['hello']);
    stranger.disconnect();
  });

  it('delivers on its own node without Redis, and afterwards reports that events may be missing', async () => {
    const proxy = await startProxy(url());
    const live = await open(proxy.url);
    const other = await open(url());
    const ann = collect();
    const missed = new Promise<void>((resolve) => void live.subscribe(['user:1'], ann.listener, resolve));
    proxy.cut();
    other.publish(['user:1'], 'lost');
    live.publish(['user:1'], 'here');
    expect(ann.events).toEqual(['here']);
    proxy.mend();
    await missed;
    other.publish(['user:1'], 'there again');
    expect(await ann.first(2)).toEqual(['here', 'there again']);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    proxy.close();
  });

  it('reports to the other nodes that events may be missing, after it could not publish', async () => {
    const proxy = await startProxy(url());
    let isLost = false;
    const publisher = await open(proxy.url, (_facts, message) => {
      isLost ||= message === 'a live event did not reach the other nodes';
    });
    const subscriber = await open(url());
    const ann = collect();
    const missed = new Promise<void>((resolve) => void subscriber.subscribe(['user:1'], ann.listener, resolve));
    proxy.cut();
    // The first ones may wait for the connection, and arrive.
    while (!isLost) {
      publisher.publish(['user:2'], 'lost');
      await setTimeout(20);
    }
    proxy.mend();
    await missed;
    publisher.publish(['user:1'], 'there again');
    expect(await ann.first(1)).toEqual(['there again']);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    proxy.close();
  });

  it('starts without Redis, and reports that events may be missing when Redis comes back', async () => {
    const proxy = await startProxy(url());
    proxy.cut();
    const live = await open(proxy.url);
    const ann = collect();
    const missed = new Promise<void>((resolve) => void live.subscribe(['user:1'], ann.listener, resolve));
    live.publish(['user:1'], 'here');
    expect(ann.events).toEqual(['here']);
    proxy.mend();
    await missed;
    await Promise.all(opened.splice(0).map((one) => one.close()));
    proxy.close();
  });
});

/** A proxy to Redis whose connections can be cut. */
async function startProxy(target: string) {
  const { hostname, port, pathname } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const upstream = connect(Number(port), hostname);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => sockets.delete(one));
    }
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    cut,
    mend() {
      isCut = false;
    },
    close() {
      cut();
      server.close();
    },
  };
}
