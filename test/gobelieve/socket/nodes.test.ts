import { afterAll, beforeAll, expect, it } from 'vitest';
import { bodies } from '../../../src/gobelieve/socket/bodies.ts';
import { commands } from '../../../src/gobelieve/socket/protocol.ts';
import { describePostgres } from '../../support/databases.ts';
import { redisUrl as redis } from '../../support/redis.ts';
import { type Installation, install, newUid, type User } from '../apps.ts';
import { SocketClient } from './client.ts';

describePostgres('sockets on two nodes', (databases) => {
  const nodes: Installation[] = [];
  const clients: SocketClient[] = [];
  beforeAll(async () => {
    if (!redis) return;
    const environment = { DATABASE_URL: await databases.createUrl(), REDIS_URL: redis };
    nodes.push(await install(environment), await install(environment));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    for (const { server } of nodes) await server.close();
  });

  async function online({ url }: Installation, { token }: User): Promise<SocketClient> {
    const client = await SocketClient.webSocket(`${url.replace('http', 'ws')}/ws`);
    clients.push(client);
    expect(await client.logIn(token)).toBe(0);
    return client;
  }

  it.skipIf(!redis)('give everything once and in one order to the devices on both', async () => {
    const [here, there] = nodes as [Installation, Installation];
    const [ann, bob] = await here.app.pair();
    const gid = await here.app.group(ann.uid, [ann.uid, bob.uid]);
    const room = newUid();
    const [annHere, annThere] = [await online(here, ann), await online(there, ann)];
    const [bobHere, bobThere] = [await online(here, bob), await online(there, bob)];
    bobThere.send(commands.enterRoom, bodies.room.encode({ room }));
    annHere.send(commands.enterRoom, bodies.room.encode({ room }));
    for (const client of [annHere, bobThere]) await client.settled();

    const acks: Promise<unknown>[] = [];
    for (let count = 0; count < 20; count++) {
      acks.push(annHere.ack(annHere.say(commands.peerMessage, ann, bob.uid, `here ${count}`)));
      acks.push(annThere.ack(annThere.say(commands.groupMessage, ann, gid, `there ${count}`)));
      acks.push((count % 2 ? here : there).app.peer(ann.uid, bob.uid, `REST ${count}`));
    }
    await Promise.all(acks);
    for (const client of [bobHere, bobThere]) await client.until(() => client.contents().length === 60);
    const history = await bob.contents();
    expect(bobHere.contents()).toEqual(history);
    expect(bobThere.contents()).toEqual(history);
    // Each of the sender's connections gets what the others sent.
    await annHere.until(() => annHere.contents().length === 40);
    await annThere.until(() => annThere.contents().length === 40);
    const own = await ann.contents();
    expect(annHere.contents()).toEqual(own.filter((content) => !content.startsWith('here')));
    expect(annThere.contents()).toEqual(own.filter((content) => !content.startsWith('there')));

    const live = { sender: ann.uid, receiver: room, content: 'room' };
    await annHere.ack(annHere.send(commands.roomMessage, bodies.live.encode(live)));
    await bobThere.until(() => bobThere.of(commands.roomMessage).length === 1);
    // A position that is kept on one node counts on the other.
    bobHere.key(commands.position, bobHere.live().at(-1)?.metadata.body.key as number);
    await bobHere.settled();
    expect(await (await online(there, bob)).sync(0)).toMatchObject({ messages: [] });
  });
});
