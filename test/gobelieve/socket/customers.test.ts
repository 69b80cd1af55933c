import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { updateAppOptions } from '../../../src/gobelieve/model/app-options.ts';
import { bodies } from '../../../src/gobelieve/socket/bodies.ts';
import { commands, flags } from '../../../src/gobelieve/socket/protocol.ts';
import { describePostgres } from '../../support/databases.ts';
import { redisUrl as redis } from '../../support/redis.ts';
import {
  type App,
  call,
  createApp,
  createTenant,
  describeApps,
  type Installation,
  install,
  newUid,
  succeeded,
  User,
} from '../apps.ts';
import { SocketClient } from './client.ts';

const opened: SocketClient[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

async function online({ url, token }: User): Promise<SocketClient> {
  const client = await SocketClient.webSocket(`${url.replace('http', 'ws')}/ws`);
  opened.push(client);
  expect(await client.logIn(token)).toBe(0);
  return client;
}

interface Sides {
  shop: App;
  customer: User;
  desk: App;
  seller: User;
  storeId: number;
}

/** A customer of one app, whose supporter is in another one. The other app also has a user with the customer's uid. */
async function createSides(place: Installation): Promise<Sides> {
  const { app: desk, store_id: storeId, sellers } = await createTenant(place, ['甲', '乙']);
  const shop = await createApp(place);
  await updateAppOptions(place.server.context.database, shop.appid, { kefuAppid: desk.appid });
  const visit = { json: { appid: shop.appid, name: '小明' } };
  const { token, client_id } = succeeded(await call(place.url, 'POST', '/auth/customer', visit));
  const customer = new User(place.url, client_id, token);
  return { shop, customer, desk, seller: await desk.user(sellers[1]), storeId };
}

/** From the customer to the supporter, and back. */
const toDesk = ({ shop, customer, desk, seller }: Sides) => ({
  senderAppid: shop.appid,
  sender: customer.uid,
  receiverAppid: desk.appid,
  receiver: seller.uid,
});
const toShop = (sides: Sides) => {
  const { senderAppid, sender, receiverAppid, receiver } = toDesk(sides);
  return { senderAppid: receiverAppid, sender: receiver, receiverAppid: senderAppid, receiver: sender };
};

const say = (client: SocketClient, addresses: ReturnType<typeof toDesk>, content: string, frameFlags = 0) =>
  client.send(
    commands.customerMessage,
    bodies.customerMessage.encode({ ...addresses, timestamp: 0, content }),
    frameFlags,
  );

/** A connection that has shown that it knows customer messages in their present form: it has sent one that was dropped. */
async function knowing64(user: User): Promise<SocketClient> {
  const client = await online(user);
  say(client, { senderAppid: 1, sender: user.uid, receiverAppid: 0, receiver: 0 }, 'dropped');
  await client.settled();
  return client;
}

/** As `GET /messages` has them. */
const shown = ({ senderAppid, sender, receiverAppid, receiver }: ReturnType<typeof toDesk>, content: string) => ({
  command: 64,
  sender,
  receiver,
  sender_appid: senderAppid,
  receiver_appid: receiverAppid,
  content,
});

/** A customer message between the apps of a customer and a supporter (G-79). */
describeApps('customer messages between two apps', (place) => {
  it('reach both sides live, with acks, in both histories', async () => {
    const sides = await createSides(place);
    const { shop, customer, desk, seller, storeId } = sides;
    const [client, tablet, counter] = [await online(customer), await knowing64(customer), await knowing64(seller)];
    const stream = await seller.listen();
    await client.ack(say(client, toDesk(sides), 'help'));
    await counter.until(() => counter.contents().length === 1);
    const answer = { sender: seller.uid, receiver: customer.uid, receiver_appid: shop.appid, content: 'of course' };
    await desk.do('POST', '/messages/customers', answer);
    await client.until(() => client.contents().length === 1);
    await tablet.until(() => tablet.contents().length === 2);
    expect(counter.live()[0]).toMatchObject({
      message: { command: 64, flags: flags.push, body: { ...toDesk(sides), content: 'help' } },
    });
    expect(client.live()[0]).toMatchObject({ message: { command: 64, body: toShop(sides) } });
    expect(tablet.contents()).toEqual(['help', 'of course']);
    const both = [shown(toDesk(sides), 'help'), shown(toShop(sides), 'of course')];
    expect(await customer.history()).toMatchObject(both);
    expect(await seller.history()).toMatchObject(both);
    expect(await customer.do('GET', `/messages?store=${storeId}`)).toMatchObject(both);
    expect(await stream.first(2)).toMatchObject(both.map((data) => ({ event: 'customer_message', data })));
    stream.close();
    // Each side has its own ids, and one message of the other side.
    const [{ id = 0 } = {}] = await customer.history();
    expect(client.of(commands.metadata)[0]?.body.key).toBe(id);
    expect(await shop.offline(customer.uid)).toEqual({ new: 1, count: 1 });
    expect(await desk.offline(seller.uid)).toEqual({ new: 1, count: 1 });
    counter.key(commands.position, counter.live()[0]?.metadata.body.key as number);
    await counter.settled();
    expect(await desk.offline(seller.uid)).toEqual({ new: 0, count: 0 });
    const late = await knowing64(customer);
    expect((await late.sync(0)).messages.map(({ body }) => body)).toMatchObject([toDesk(sides), toShop(sides)]);
  });

  it('choose the supporter of the customer', async () => {
    const sides = await createSides(place);
    const { shop, customer, seller } = sides;
    await shop.do('POST', '/messages/customers', { sender: customer.uid, receiver: seller.uid, content: 'hi' });
    expect(await customer.do('GET', '/supporters')).toMatchObject({ seller_id: seller.uid, name: '乙' });
    expect(await seller.history()).toMatchObject([shown(toDesk(sides), 'hi')]);
  });

  it('come from old clients too, which do not name the app of the supporter', async () => {
    const sides = await createSides(place);
    const { shop, customer, seller, storeId } = sides;
    const [client, counter] = [await online(customer), await online(seller)];
    const old = { customerAppid: shop.appid, customer: customer.uid, storeId, seller: seller.uid, timestamp: 0 };
    const body = (content: string) => bodies.oldCustomerMessage.encode({ ...old, content });
    await client.ack(client.send(commands.toSupporter, body('help')));
    await counter.ack(counter.send(commands.fromSupporter, body('of course')));
    const both = [shown(toDesk(sides), 'help'), shown(toShop(sides), 'of course')];
    expect(await customer.history()).toMatchObject(both);
    expect(await seller.history()).toMatchObject(both);
    // They get them in the same form, live and in a sync.
    const expected = { command: commands.fromSupporter, body: { ...old, timestamp: expect.any(Number) } };
    await client.until(() => client.contents().length === 1);
    expect(client.live()[0]?.message).toMatchObject({ ...expected, flags: flags.push });
    const { messages } = await client.sync(0);
    expect(messages).toMatchObject([{ command: commands.toSupporter, body: { content: 'help' } }, expected]);
    const { messages: received } = await counter.sync(0);
    expect(received.map(({ command }) => command)).toEqual([commands.toSupporter, commands.fromSupporter]);
    expect(received[0]?.body).toMatchObject({ customerAppid: shop.appid, customer: customer.uid, storeId });
    const unstored = client.send(commands.toSupporter, body('typing'), flags.unstored);
    await client.ack(unstored);
    const isTyping = ({ command, body: sent }: (typeof counter.frames)[number]) =>
      command === commands.toSupporter && sent.content === 'typing';
    await counter.until(() => counter.frames.some(isTyping));
    expect(counter.of(commands.customerMessage)).toEqual([]);
  });

  it('are only announced to a client whose form is not known, which gets both by a sync', async () => {
    const sides = await createSides(place);
    const { shop, customer, seller } = sides;
    const counter = await online(seller);
    await shop.do('POST', '/messages/customers', { sender: customer.uid, receiver: seller.uid, content: 'help' });
    await counter.until(() => counter.of(commands.news).length === 1);
    expect(counter.frames.map(({ command }) => command)).toEqual([commands.loginStatus, commands.news]);
    const { messages, end } = await counter.sync(0);
    expect(messages).toMatchObject([
      { command: commands.customerMessage, body: { ...toDesk(sides), content: 'help' } },
      { command: commands.toSupporter, body: { customer: customer.uid, seller: seller.uid, content: 'help' } },
    ]);
    expect(end).toBe(counter.of(commands.news)[0]?.body.key);
    // The next live message names it as the one before.
    await sides.desk.peer(newUid(), seller.uid, 'next');
    await counter.until(() => counter.contents().length === 1);
    expect(counter.live()[0]?.metadata.body).toMatchObject({ previousKey: end });
  });

  it('are dropped between apps of which neither serves the other', async () => {
    const sides = await createSides(place);
    const { shop, customer, seller } = sides;
    const client = await online(customer);
    const wrong = [
      { receiverAppid: place.app.appid },
      { receiverAppid: 987654321 },
      { receiverAppid: 0 },
      // Another app serves this one, so it does not serve itself.
      { receiverAppid: shop.appid },
      { senderAppid: sides.desk.appid },
      { sender: customer.uid + 1 },
    ];
    for (const change of wrong) say(client, { ...toDesk(sides), ...change }, 'lost');
    await client.settled();
    expect(client.of(commands.ack)).toEqual([]);
    expect([await customer.history(), await seller.history()]).toEqual([[], []]);
    const message = { sender: customer.uid, receiver: seller.uid, content: 'lost' };
    for (const receiver_appid of [place.app.appid, 987654321, shop.appid]) {
      const { status, meta } = await shop.send('POST', '/messages/customers', { ...message, receiver_appid });
      expect([status, meta.message]).toEqual([400, expect.stringContaining('receiver_appid')]);
    }
  });

  it('are two for two people with the same uid, and one when sent again', async () => {
    const sides = await createSides(place);
    const { desk, shop } = sides;
    const uid = newUid();
    const [here, there] = [await shop.user(uid), await desk.user(uid)];
    const [client, counter] = [await online(here), await knowing64(there)];
    const addresses = { ...toDesk(sides), sender: uid, receiver: uid };
    const content = '{"text":"hi","uuid":"u-1"}';
    const [first, again] = [say(client, addresses, content), say(client, addresses, content)];
    await Promise.all([client.ack(first), client.ack(again)]);
    await counter.until(() => counter.contents().length === 1);
    expect(await here.history()).toMatchObject([shown(addresses, content)]);
    expect(await there.history()).toMatchObject([shown(addresses, content)]);
    // The sender's own message is not offline, the receiver's is.
    expect([(await shop.offline(uid)).count, (await desk.offline(uid)).count]).toEqual([0, 1]);
    await counter.ack(say(counter, { ...toShop(sides), sender: uid, receiver: uid }, content));
    expect(await here.history()).toHaveLength(2);
  });

  it('that are not stored reach the open connections of both apps', async () => {
    const sides = await createSides(place);
    const { customer, seller } = sides;
    const [client, tablet, counter] = [await online(customer), await online(customer), await online(seller)];
    await client.ack(say(client, toDesk(sides), 'typing', flags.unstored));
    for (const device of [tablet, counter]) {
      await device.until(() => device.of(commands.customerMessage).length === 1);
      expect(device.of(commands.customerMessage)[0]?.body).toMatchObject({ ...toDesk(sides), content: 'typing' });
    }
    expect([await customer.history(), await seller.history()]).toEqual([[], []]);
  });

  it('are pushed to the receiver alone, with the name that the sender has in the other app', async () => {
    const sides = await createSides(place);
    const { shop, desk, customer, seller } = sides;
    // The users with these uids in the other app are other people.
    const [stranger, namesake] = [await shop.user(seller.uid), await desk.user(newUid())];
    const bind = async (user: User, token: string) => user.do('POST', '/device/bind', { apns_device_token: token });
    const [to, wrong] = [`desk ${seller.uid}`, `shop ${seller.uid}`];
    await bind(seller, to);
    await bind(stranger, wrong);
    await shop.do('POST', '/messages/customers', { sender: customer.uid, receiver: seller.uid, content: 'help' });
    await shop.do('POST', '/messages/customers', { sender: seller.uid, receiver: seller.uid, content: 'same uid' });
    await desk.peer(namesake.uid, seller.uid, 'end');
    const outbox = async (address: string) =>
      (await (await fetch(`${place.server.url}/sandbox/outbox?to=${encodeURIComponent(address)}`)).json()) as {
        body: string;
        push: { data: Record<string, string> };
      }[];
    await vi.waitFor(async () => expect((await outbox(to)).map(({ body }) => body)).toContain('end'), 10_000);
    const pushes = (await outbox(to)).reverse();
    expect(pushes.map(({ body }) => body)).toEqual(['小明: help', 'same uid', 'end']);
    expect(pushes[0]?.push.data).toMatchObject({
      appid: String(desk.appid),
      command: '64',
      sender: String(customer.uid),
      sender_appid: String(shop.appid),
    });
    await shop.peer(newUid(), stranger.uid, 'end');
    await vi.waitFor(async () => expect((await outbox(wrong)).map(({ body }) => body)).toEqual(['end']), 10_000);
  });

  it('do not block each other when both sides write at once', async () => {
    const sides = await createSides(place);
    const { shop, customer, desk, seller } = sides;
    const [client, counter] = [await knowing64(customer), await knowing64(seller)];
    const all: Promise<unknown>[] = [];
    for (let count = 0; count < 30; count++) {
      all.push(client.ack(say(client, toDesk(sides), `customer ${count}`)));
      all.push(counter.ack(say(counter, toShop(sides), `supporter ${count}`)));
      all.push(shop.peer(newUid(), customer.uid, `peer ${count}`), desk.peer(newUid(), seller.uid, `peer ${count}`));
    }
    await Promise.all(all);
    await client.until(() => client.contents().length === 60);
    await counter.until(() => counter.contents().length === 60);
    for (const [user, device, own] of [
      [customer, client, 'customer'],
      [seller, counter, 'supporter'],
    ] as const) {
      const contents = await user.contents();
      expect(contents).toHaveLength(90);
      expect(device.contents()).toEqual(contents.filter((content) => !content.startsWith(own)));
    }
  });
});

describePostgres('customer messages between two apps', (databases) => {
  const nodes: Installation[] = [];
  beforeAll(async () => {
    if (!redis) return;
    const environment = { DATABASE_URL: await databases.createUrl(), REDIS_URL: redis };
    nodes.push(await install(environment), await install(environment));
  });
  afterAll(async () => {
    for (const { server } of nodes) await server.close();
  });

  it.skipIf(!redis)('go between two nodes, live and not stored', async () => {
    const [here, there] = nodes as [Installation, Installation];
    const sides = await createSides(here);
    const [client, counter] = [await knowing64(sides.customer), await knowing64(sides.seller.at(there.url))];
    const stream = await sides.seller.at(there.url).listen();
    const acks = Array.from({ length: 10 }, async (_, count) => {
      await client.ack(say(client, toDesk(sides), `customer ${count}`));
      await counter.ack(say(counter, toShop(sides), `supporter ${count}`));
    });
    await Promise.all(acks);
    await client.until(() => client.contents().length === 10);
    await counter.until(() => counter.contents().length === 10);
    const contents = await sides.seller.contents();
    expect(counter.contents()).toEqual(contents.filter((content) => content.startsWith('customer')));
    expect((await stream.first(20)).map(({ data }) => data.content)).toEqual(contents);
    stream.close();
    await client.ack(say(client, toDesk(sides), 'typing', flags.unstored));
    await counter.until(() => counter.of(commands.customerMessage).length === 11);
  });
});
