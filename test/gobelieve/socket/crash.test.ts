import { expect, it } from 'vitest';
import { commands } from '../../../src/gobelieve/socket/protocol.ts';
import { describeEachDatabase, describePostgres } from '../../support/databases.ts';
import { startProcess } from '../../support/process.ts';
import { redisUrl as redis } from '../../support/redis.ts';
import type { Demo } from '../apps.ts';
import { SocketClient } from './client.ts';

const demoOf = async (url: string) =>
  ((await (await fetch(`${url}/sandbox/credentials`)).json()) as { gobelieve: Demo & { ws_url: string } }).gobelieve;

describeEachDatabase('a server that is killed', (databases) => {
  it('has every message that it acked exactly once, with what is sent again', async () => {
    const DATABASE_URL = await databases.createUrl();
    const first = await startProcess({ DATABASE_URL });
    const demo = await demoOf(first.url);
    const [user, friend] = demo.users as [Demo['users'][0], Demo['users'][0]];
    const content = (writer: number, count: number) => JSON.stringify({ text: 'x', uuid: `${writer}-${count}` });
    const acked = new Set<string>();
    const sent = new Set<string>();
    const write = async (writer: number) => {
      const client = await SocketClient.webSocket(demo.ws_url);
      await client.logIn(user.token);
      for (let count = 0; !client.isClosed; count++) {
        sent.add(content(writer, count));
        const sequence = client.say(commands.peerMessage, user, friend.uid, content(writer, count));
        await client.ack(sequence).then(
          () => acked.add(content(writer, count)),
          () => {},
        );
        if (acked.size >= 40) first.child.kill('SIGKILL');
      }
    };
    await Promise.all([0, 1, 2, 3].map(write));
    expect(acked.size).toBeGreaterThanOrEqual(40);

    const second = await startProcess({ DATABASE_URL });
    const { ws_url } = await demoOf(second.url);
    const again = await SocketClient.webSocket(ws_url);
    await again.logIn(user.token);
    // As clients do after a lost ack, and here for all: what was acked is not stored again.
    const sequences = [...sent].map((one) => again.say(commands.peerMessage, user, friend.uid, one));
    for (const sequence of sequences) await again.ack(sequence);
    const reader = await SocketClient.webSocket(ws_url);
    await reader.logIn(friend.token);
    const { messages } = await reader.sync(0);
    const stored = messages.map(({ body }) => body.content ?? '').filter((content) => content.includes('"uuid"'));
    expect(stored.sort()).toEqual([...sent].sort());
    again.close();
    reader.close();
  });
});

describePostgres('a node that is killed', (databases) => {
  it.skipIf(!redis)('loses no message that it acked, and the other node delivers each exactly once', async () => {
    const variables = { DATABASE_URL: await databases.createUrl(), REDIS_URL: redis as string };
    const [lost, kept] = [await startProcess(variables), await startProcess(variables)];
    const [there, here] = [await demoOf(lost.url), await demoOf(kept.url)];
    const [user, friend] = here.users as [Demo['users'][0], Demo['users'][0]];
    const reader = await SocketClient.webSocket(here.ws_url);
    await reader.logIn(friend.token);
    let acked = 0;
    const sent: string[] = [];
    /** Says messages until the node is gone, and what has no ack by then once more to the other node. */
    const write = async (writer: number) => {
      const client = await SocketClient.webSocket(there.ws_url);
      await client.logIn(user.token);
      const waiting: string[] = [];
      for (let count = 0; !client.isClosed; count++) {
        const content = JSON.stringify({ text: 'x', uuid: `${writer}-${count}` });
        sent.push(content);
        await client.ack(client.say(commands.peerMessage, user, friend.uid, content)).then(
          () => {
            acked += 1;
          },
          () => waiting.push(content),
        );
        if (acked >= 40) lost.child.kill('SIGKILL');
      }
      const again = await SocketClient.webSocket(here.ws_url);
      await again.logIn(user.token);
      for (const content of waiting) await again.ack(again.say(commands.peerMessage, user, friend.uid, content));
      again.close();
    };
    await Promise.all([0, 1, 2, 3].map(write));
    expect(acked).toBeGreaterThanOrEqual(40);
    const received = () => reader.contents().filter((content) => content.includes('"uuid"'));
    await reader.until(() => received().length >= sent.length);
    expect(received().sort()).toEqual([...sent].sort());
    reader.close();
  });
});
