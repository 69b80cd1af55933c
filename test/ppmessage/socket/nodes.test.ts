import { afterAll, beforeAll, expect, it } from 'vitest';
import { ppmessage } from '../../../src/ppmessage/index.ts';
import { describePostgres } from '../../support/databases.ts';
import { redisUrl as redis } from '../../support/redis.ts';
import { startServer } from '../../support/server.ts';
import { type Desk, newDevice, openDesk } from '../desk.ts';
import { atDesk, newVisitor, type Person, SocketClient } from './client.ts';

describePostgres('ppmessage: sockets on two nodes', (databases) => {
  const nodes: Desk[] = [];
  const clients: SocketClient[] = [];
  beforeAll(async () => {
    if (!redis) return;
    const environment = { DATABASE_URL: await databases.createUrl(), REDIS_URL: redis };
    for (let count = 0; count < 2; count++) nodes.push(await openDesk(await startServer(environment, [ppmessage])));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    for (const { server } of nodes) await server.close();
  });

  async function logIn(node: Desk, person: Person): Promise<SocketClient> {
    const client = await SocketClient.logIn(node.url, person);
    clients.push(client);
    return client;
  }

  it.skipIf(!redis)('give everything once and in one order to the devices on both', async () => {
    const [here, there] = nodes as [Desk, Desk];
    const visitor = await newVisitor(here.kefu);
    const agent = await atDesk(here.kefu);
    const tablet = { ...agent, device: await newDevice(here.kefu, agent.user) };
    const conversation = await here.kefu.newConversation(visitor.user, [agent.user]);
    const agentHere = await logIn(here, agent);
    const agentThere = await logIn(there, tablet);
    const customer = await logIn(there, visitor);

    const sent: Promise<unknown>[] = [];
    for (let count = 0; count < 20; count++) {
      sent.push(customer.said(conversation, visitor, `顾客 ${count}`));
      sent.push(agentHere.said(conversation, agent, `客服 ${count}`));
      sent.push((count % 2 ? here : there).kefu.say(conversation, visitor.user, `REST ${count}`));
    }
    await Promise.all(sent);
    const history = (await here.kefu.history(conversation)).reverse();
    expect(history).toHaveLength(60);
    await agentThere.until(() => agentThere.texts.length >= 60);
    expect(agentThere.texts).toEqual(history);
    await agentHere.until(() => agentHere.texts.length >= 40);
    expect(agentHere.texts).toEqual(history.filter((text) => !text.startsWith('客服')));
    await customer.until(() => customer.texts.length >= 20);
    expect(customer.texts).toEqual(history.filter((text) => text.startsWith('客服')));

    for (const client of [agentHere, customer]) client.send({ type: 'typing_watch', conversation_uuid: conversation });
    for (const client of [agentHere, customer]) await client.settled();
    // What is not stored reaches another node once that has subscribed.
    const type = setInterval(() => customer.send({ type: 'typing' }), 50);
    await agentHere.until(() => agentHere.of('TYPING').length > 0);
    clearInterval(type);
    const colleague = await atDesk(there.otherKefu);
    const second = await logIn(there, colleague);
    for (const state of ['ONLINE', 'OFFLINE'] as const) {
      for (const client of [agentHere, customer])
        await client.next(({ user_uuid, browser }) => user_uuid === colleague.user && browser === state);
      second.close();
    }

    // The same device on the other node takes the place of the first one.
    const moved = await logIn(here, visitor);
    await customer.until(() => customer.closedWith !== undefined);
    expect(customer.of('MSG').at(-1)).toMatchObject({ msg: { ms: 'LOGOUT', bo: visitor.device } });
    await there.kefu.say(conversation, agent.user, '还在吗？');
    await moved.until(() => moved.texts.includes('还在吗？'));
  });
});
