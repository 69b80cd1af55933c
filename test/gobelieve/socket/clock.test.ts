import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { commands } from '../../../src/gobelieve/socket/protocol.ts';
import { describeApps, type User } from '../apps.ts';
import { SocketClient } from './client.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Connections are looked at every five seconds. */
const SWEEP_MS = 5500;

/** The clock of the server is set, forward and back, while sockets are open. */
describeApps(
  'sockets whose clock jumps',
  (place) => {
    const opened: SocketClient[] = [];
    afterEach(() => {
      vi.restoreAllMocks();
      for (const client of opened.splice(0)) client.close();
    });

    const transports: Record<string, () => Promise<SocketClient>> = {
      TCP: () => SocketClient.tcp(place.server.context.config.socketPorts.get('IM_PORT') as number),
      WebSocket: () => SocketClient.webSocket(`${place.url.replace('http', 'ws')}/ws`),
    };

    function setClock(offset: number): void {
      const real = performance.timeOrigin;
      const now = () => Math.floor(real + performance.now()) + offset;
      // What does not ask the clock of the context must not depend on the time either.
      vi.spyOn(Date, 'now').mockImplementation(now);
      vi.spyOn(place.server.context.clock, 'now').mockImplementation(now);
    }

    it.each(Object.keys(transports))(
      'lose and repeat nothing, keep their order and stay open: %s',
      async (name) => {
        const { app } = place;
        const [user, friend] = await app.pair();
        const gid = await app.group(user.uid, [user.uid, friend.uid], { super: true });
        const online = async ({ token }: User) => {
          const client = await (transports[name] as () => Promise<SocketClient>)();
          opened.push(client);
          expect(await client.logIn(token)).toBe(0);
          return client;
        };
        const [sender, reader] = [await online(user), await online(friend)];
        const stream = await friend.listen();
        const sent: string[] = [];
        const times: number[] = [];
        let last: string | undefined;
        for (const offset of [0, HOUR_MS, -HOUR_MS, 40 * DAY_MS, -40 * DAY_MS, 0]) {
          setClock(offset);
          // The ack of the last message before the jump was lost, and the client sends it again.
          if (last !== undefined) await sender.ack(sender.say(commands.peerMessage, user, friend.uid, last));
          for (const kind of ['peer', 'group', 'server'] as const) {
            const content = JSON.stringify({ text: kind, uuid: `${offset} ${sent.length}` });
            sent.push(content);
            times.push(Math.floor(Date.now() / 1000));
            if (kind === 'server') await app.peer(user.uid, friend.uid, content);
            else if (kind === 'group') await sender.ack(sender.say(commands.groupMessage, user, gid, content));
            else {
              await sender.ack(sender.say(commands.peerMessage, user, friend.uid, content));
              last = content;
            }
          }
        }
        await reader.until(() => reader.contents().length === sent.length);
        expect(reader.contents()).toEqual(sent);
        expect((await stream.first(sent.length)).map(({ data }) => data.content)).toEqual(sent);
        stream.close();
        const keys = reader.live().map(({ metadata }) => metadata.body.key as number);
        expect(keys).toEqual(keys.toSorted((one, other) => one - other));
        // Each has the time that the clock showed, within a second.
        reader.live().forEach(({ message }, index) => {
          const difference = (message.body as { timestamp?: number }).timestamp as number;
          expect(Math.abs(difference - (times[index] as number))).toBeLessThanOrEqual(2);
        });
        const own = sent.filter((content) => !content.includes('"group"'));
        expect(await friend.contents()).toEqual(own);
        // The notification that the group was made comes first.
        expect((await (await online(friend)).sync(0)).messages.map(({ body }) => body.content).slice(1)).toEqual(own);

        for (const offset of [40 * DAY_MS, -40 * DAY_MS]) {
          setClock(offset);
          await sleep(SWEEP_MS);
          for (const client of [sender, reader]) {
            await client.settled();
            expect(client.isClosed).toBe(false);
          }
        }
      },
      40_000,
    );
  },
  { IM_PORT: '0' },
);
