import { afterEach, expect, it } from 'vitest';
import { updateAppOptions } from '../../../src/gobelieve/model/app-options.ts';
import { addRelations } from '../../../src/gobelieve/model/relations.ts';
import { revokeTokens } from '../../../src/gobelieve/model/tokens.ts';
import { addWords } from '../../../src/gobelieve/model/word-filter.ts';
import { ackStatus, commands, flags } from '../../../src/gobelieve/socket/protocol.ts';
import { createApp, describeApps, type User } from '../apps.ts';
import { SocketClient } from './client.ts';

/** What operators set, on connections that are open. */
describeApps('sockets', (place) => {
  const opened: SocketClient[] = [];
  afterEach(() => {
    for (const client of opened.splice(0)) client.close();
  });
  async function online(user: User) {
    const client = await SocketClient.webSocket(`${place.url.replace('http', 'ws')}/ws`);
    opened.push(client);
    expect(await client.logIn(user.token)).toBe(0);
    return client;
  }

  it('end with their token, and with no other', async () => {
    const { app, server } = place;
    const [user, another] = await app.pair();
    const [client, other] = [await online(user), await online(another)];
    const newer = await online(await app.user(user.uid));
    await other.settled();
    expect(await revokeTokens(server.context, { appid: app.appid, uid: user.uid })).toBe(2);
    for (const ended of [client, newer]) {
      await ended.ended();
      expect(ended.frames.at(-1)).toMatchObject({ command: commands.loginStatus, body: { status: 1 } });
    }
    await other.settled();
    expect(other.isClosed).toBe(false);
  });

  it('tell why a peer message is refused, and mask words', async () => {
    const app = await createApp(place);
    const { appid } = app;
    const { database } = place.server.context;
    const [user, friend] = await app.pair();
    const [client, reader] = [await online(user), await online(friend)];
    const say = async (frameFlags = 0) =>
      (await client.ack(client.say(commands.peerMessage, user, friend.uid, '{"text":"a bad word"}', frameFlags))).body
        .status;
    await updateAppOptions(database, appid, { friendCheck: true });
    expect([await say(), await say(flags.unstored)]).toEqual([ackStatus.notFriend, ackStatus.notFriend]);
    await addRelations(database, appid, { uid: user.uid, kind: 'friend', others: [friend.uid] });
    await addWords(database, appid, ['bad']);
    expect(await say()).toBe(ackStatus.ok);
    await updateAppOptions(database, appid, { blacklistCheck: true });
    await addRelations(database, appid, { uid: friend.uid, kind: 'blocked', others: [user.uid] });
    expect(await say()).toBe(ackStatus.blocked);
    await app.peer(user.uid, friend.uid, '{"text":"bad, but from the server"}');
    await reader.until(() => reader.contents().length === 2);
    expect(reader.contents()).toEqual(['{"text":"a *** word"}', '{"text":"bad, but from the server"}']);
    // Of the message that was stored, and of the server's.
    await client.until(() => client.of(commands.metadata).length === 2);
  });
});
