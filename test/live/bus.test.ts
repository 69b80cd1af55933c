import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Bus, createBus } from '../../src/live/bus.ts';
import { describeRedisCluster } from '../support/redis-cluster.ts';
import { silent as log } from '../support/silent-log.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';

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

/** Subscribes, and waits until the events of other nodes arrive. */
async function join(live: Bus, topics: string[], listener: (event: unknown) => void): Promise<() => void> {
  let leave = () => {};
  await new Promise<void>((resolve) => {
    leave = live.subscribe(topics, listener, resolve);
  });
  return leave;
}

const redis = process.env.TEST_REDIS_URL;

/** What holds with one server and with a cluster. */
function behavesBetweenNodes(url: () => string) {
  it('carries events to every node once, in order', async () => {
    const [one, two] = [await open(url()), await open(url())];
    const [here, there] = [collect(), collect()];
    await join(one, ['app:1:user:1'], here.listener);
    await join(two, ['app:1:user:1', 'app:1:room:1'], there.listener);
    const expected: unknown[] = [];
    for (let number = 0; number < 50; number++) {
      const topics = [['app:1:user:1'], ['app:1:room:1', 'app:1:user:1'], ['app:1:user:1', 'app:1:user:1']][number % 3];
      const event = { number, text: '你好\0' };
      one.publish(topics ?? [], event);
      expected.push(event);
    }
    expect(await there.first(50)).toEqual(expected);
    two.publish(['app:1:user:1'], 'back');
    expect(await here.first(51)).toEqual([...expected, 'back']);
    expect(there.events).toEqual([...expected, 'back']);
  });

  it('loses no event between the call of missed and the end of the subscription, while others come and go', async () => {
    const [one, two] = [await open(url()), await open(url())];
    const received = collect();
    for (let round = 0; round < 20; round++) {
      const others = [collect(), collect()].map(({ listener }) => two.subscribe(['app:1:user:1'], listener));
      for (const leaveOther of others) leaveOther();
      const leave = await join(two, ['app:1:user:1', `app:1:room:${round}`], received.listener);
      one.publish(['app:1:user:1'], round);
      await received.first(round + 1);
      leave();
    }
    expect(received.events).toEqual(Array.from({ length: 20 }, (_, round) => round));
  });

  it('sends a node only events of topics to which it listens', async () => {
    const [one, two] = [await open(url()), await open(url())];
    const received = collect();
    await join(two, ['app:1:user:1'], received.listener);
    const parse = vi.spyOn(JSON, 'parse');
    for (let number = 0; number < 20; number++) one.publish([`app:1:user:${number}`], number);
    await received.first(1);
    one.publish(['app:1:user:1'], 'last');
    await received.first(2);
    const parsed = parse.mock.calls.filter(([text]) => String(text).includes('"event"')).length;
    parse.mockRestore();
    expect([received.events, parsed]).toEqual([[1, 'last'], 2]);
  });

  it('listens to thousands of topics', async () => {
    const [one, two] = [await open(url()), await open(url())];
    const received = collect();
    const topics = Array.from({ length: 3000 }, (_, number) => `app:${number % 10}:user:${number}`);
    await Promise.all(topics.map((topic) => join(two, [topic], received.listener)));
    for (const topic of topics) one.publish([topic], topic);
    expect((await received.first(3000)).toSorted()).toEqual(topics.toSorted());
  });
}

describe.skipIf(redis === undefined)(`between nodes${redis ? '' : ' (skipped, TEST_REDIS_URL is not set)'}`, () => {
  /** With a database number that no other test uses. */
  const url = () => `${redis}/9`;
  behavesBetweenNodes(url);

  it('does not hear an installation with another database number', async () => {
    const [one, two, other] = [await open(url()), await open(url()), await open(`${redis}/10`)];
    const received = collect();
    await join(two, ['app:1:user:1'], received.listener);
    other.publish(['app:1:user:1'], 'of another installation');
    await join(one, ['app:1:user:1'], () => {});
    one.publish(['app:1:user:1'], 'hello');
    expect(await received.first(1)).toEqual(['hello']);
  });

  it('goes on after a message that no node of this program has sent', async () => {
    const live = await open(url());
    const ann = collect();
    await join(live, ['app:1:user:1'], ann.listener);
    const stranger = new Redis(url());
    const channel = 'qiyue:live:9:{app:1}:user:1';
    for (const message of ['not JSON', 'null', '']) await stranger.publish(channel, message);
    await stranger.publish(channel, JSON.stringify({ node: 'another', number: 1, event: 'hello' }));
    expect(await ann.first(1)).toEqual(['hello']);
    stranger.disconnect();
  });

  it('delivers on its own node without Redis, and afterwards reports that events may be missing', async () => {
    const proxy = await startProxy(url());
    const live = await open(proxy.url);
    const other = await open(url());
    const ann = collect();
    const missed = countCalls();
    live.subscribe(['app:1:user:1'], ann.listener, missed.call);
    await missed.first(1);
    proxy.cut();
    other.publish(['app:1:user:1'], 'lost');
    live.publish(['app:1:user:1'], 'here');
    expect(ann.events).toEqual(['here']);
    proxy.mend();
    await missed.first(2);
    other.publish(['app:1:user:1'], 'there again');
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
    const missed = countCalls();
    subscriber.subscribe(['app:1:user:1'], ann.listener, missed.call);
    await missed.first(1);
    proxy.cut();
    // The first ones may wait for the connection, and arrive.
    while (!isLost) {
      publisher.publish(['app:1:user:2'], 'lost');
      await setTimeout(20);
    }
    proxy.mend();
    await missed.first(2);
    publisher.publish(['app:1:user:1'], 'there again');
    expect(await ann.first(1)).toEqual(['there again']);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    proxy.close();
  });

  it('starts without Redis, and reports that events may be missing when Redis comes back', async () => {
    const proxy = await startProxy(url());
    proxy.cut();
    const live = await open(proxy.url);
    const ann = collect();
    const missed = countCalls();
    live.subscribe(['app:1:user:1'], ann.listener, missed.call);
    live.publish(['app:1:user:1'], 'here');
    expect([ann.events, missed.count()]).toEqual([['here'], 0]);
    proxy.mend();
    await missed.first(1);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    proxy.close();
  });

  it('notices a silent connection', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { hostname, port } = new URL(url());
    const proxy = await startSilentProxy({ hostname, port: Number(port || 6379) });
    const live = await open(`redis://127.0.0.1:${proxy.port}/9`);
    const missed = countCalls();
    live.subscribe(['app:1:user:1'], () => {}, missed.call);
    await missed.first(1);
    proxy.silence();
    proxy.speak();
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await missed.first(2);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    proxy.close();
  });
});

describeRedisCluster('between nodes over a cluster', (cluster) => {
  behavesBetweenNodes(() => cluster().url);

  it.each(['moveSlotOf', 'restartNodeOf'] as const)('reports that events may be missing after %s', async (change) => {
    const [one, two] = [await open(cluster().url), await open(cluster().url)];
    const received = collect();
    const missed = countCalls();
    two.subscribe(['app:1:user:1'], received.listener, missed.call);
    await missed.first(1);
    await cluster()[change]('{app:1}');
    await missed.first(2);
    // Until this node has found the channel again, its events are lost, and said to be.
    while (received.events.length === 0) {
      one.publish(['app:1:user:1'], 'hello');
      await setTimeout(50);
    }
    expect(received.events[0]).toBe('hello');
  });
});

/** Counts calls, and waits for a number of them. */
function countCalls() {
  const { events, listener, first } = collect();
  return { call: () => listener(undefined), count: () => events.length, first };
}

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
