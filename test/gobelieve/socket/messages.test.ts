import { afterAll, describe, expect, it } from 'vitest';
import { ackStatus, commands, flags } from '../../../src/gobelieve/socket/protocol.ts';
import { describeApps, type User } from '../apps.ts';
import { SocketClient } from './client.ts';

describeApps('sockets', (place) => {
  const opened: SocketClient[] = [];
  afterAll(() => {
    for (const client of opened) client.close();
  });
  const connect = async () => {
    const client = await SocketClient.webSocket(`${place.url.replace('http', 'ws')}/ws`);
    opened.push(client);
    return client;
  };
  const online = async (user: User, options: { version?: number; deviceId?: string } = {}) => {
    const client = await connect();
    client.version = options.version ?? 2;
    expect(await client.logIn(user.token, options)).toBe(0);
    return client;
  };

  describe('log-in', () => {
    it('answers a ping before it, with version 0', async () => {
      const client = await connect();
      await client.settled();
      expect(client.frames).toMatchObject([{ command: commands.pong, version: 0, sequence: 1 }]);
    });

    it('accepts a token, and counts the frames of the connection from 1', async () => {
      const client = await online(await place.app.user(), { version: 1 });
      await client.settled();
      expect(client.frames).toMatchObject([
        { command: commands.loginStatus, version: 1, sequence: 1, body: { status: 0 } },
        { command: commands.pong, version: 1, sequence: 2 },
      ]);
    });

    it('refuses an unknown token and takes a better one', async () => {
      const user = await place.app.user();
      const client = await connect();
      expect(await client.logIn('nonsense')).toBe(1);
      expect(await client.logIn(user.token)).toBe(0);
    });
  });

  it('sends a peer message to the receiver, and to the other connections of the sender', async () => {
    const [user, friend] = await place.app.pair();
    const sender = await online(user);
    const other = await online(user);
    const receiver = await online(friend);
    const sequence = sender.say(commands.peerMessage, user, friend.uid, '{"text":"你好"}', flags.text);
    await sender.ack(sequence);
    await receiver.until(() => receiver.of(commands.news).length === 1);
    await other.until(() => other.of(commands.news).length === 1);
    const [theirs, own] = [await friend.history(), await user.history()];
    for (const [client, history] of [
      [receiver, theirs],
      [other, own],
    ] as const) {
      const key = history[0]?.id;
      expect(client.live()).toMatchObject([
        {
          metadata: { body: { key, previousKey: 0 } },
          message: {
            command: commands.peerMessage,
            flags: flags.text | flags.push,
            body: { sender: user.uid, receiver: friend.uid, content: '{"text":"你好"}' },
          },
          news: { command: commands.news, body: { key } },
        },
      ]);
    }
    // The ack carries the key of the sender's own copy, and the sender does not get the message.
    expect(sender.frames.slice(1)).toMatchObject([
      { command: commands.metadata, body: { key: own[0]?.id, previousKey: 0 } },
      { command: commands.ack, body: { sequence, status: ackStatus.ok } },
    ]);
  });
});
