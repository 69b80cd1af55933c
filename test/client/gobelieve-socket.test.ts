import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import {
  type ConnectOptions,
  createGobelieveClient,
  createGobelieveServerClient,
  type GobelieveConnection,
  type GobelieveServerClient,
  LoginError,
  readContent,
  SendError,
  type SocketMessage,
  unwrap,
} from '../../src/client/index.ts';
import { type Installation, install, newUid } from '../gobelieve/apps.ts';

let place: Installation;
let server: GobelieveServerClient;

beforeAll(async () => {
  place = await install({ DATABASE_URL: 'sqlite::memory:' });
  const { appid, appsecret } = place.demo;
  server = createGobelieveServerClient({ baseUrl: place.url, appid, appsecret });
});
afterAll(() => place?.server.close());

/** The sockets that were opened, to break them. */
const opened: NodeWebSocket[] = [];
class WebSocket extends NodeWebSocket {
  constructor(address: string) {
    super(address);
    opened.push(this);
  }
}

async function clientOf(uid: number) {
  const { token } = await unwrap(server.POST('/auth/grant', { body: { uid } }));
  return createGobelieveClient({ baseUrl: place.url, token });
}

/** A connected device, with the messages that it has received. */
async function connect(uid = newUid(), options: Partial<ConnectOptions> = {}) {
  const client = await clientOf(uid);
  const states: string[] = [];
  const connection = client.connect({
    uid,
    WebSocket,
    random: () => 0,
    onState: (state) => states.push(state),
    ...options,
  });
  const received: SocketMessage[] = [];
  const over = collect(connection, received);
  onTestFinished(() => connection.close());
  await until(() => connection.state === 'open');
  return { uid, client, connection, received, states, over };
}

async function collect(connection: GobelieveConnection, received: SocketMessage[]): Promise<void> {
  for await (const message of connection) received.push(message);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

const textsOf = (received: readonly SocketMessage[]) =>
  received.map(({ event, data }) => {
    const content = readContent(data.content);
    return [event, content !== undefined && 'text' in content ? content.text : data.content];
  });

const newGroup = async (members: number[], isSuper = false) => {
  const body = { master: members[0] as number, name: '骑行', members, super: isSuper };
  return (await unwrap(server.POST('/groups', { body }))).group_id;
};

describe('connect', () => {
  it('sends to a user, whose devices and other own devices get the message once', async () => {
    const [alice, bob] = [await connect(), await connect()];
    const tablet = await connect(alice.uid);
    const uuid = await alice.connection.sendPeer(bob.uid, '你好');
    await until(() => bob.received.length > 0 && tablet.received.length > 0);
    const [message] = bob.received;
    expect(message).toEqual({
      event: 'peer_message',
      data: {
        sender: alice.uid,
        receiver: bob.uid,
        timestamp: expect.any(Number),
        content: JSON.stringify({ text: '你好', uuid }),
      },
    });
    expect(tablet.received).toEqual(bob.received);
    await bob.connection.sendPeer(alice.uid, '收到');
    await until(() => alice.received.length > 0);
    expect(textsOf(alice.received)).toEqual([['peer_message', '收到']]);
    const stored = await unwrap(bob.client.GET('/messages'));
    expect(stored.map(({ content }) => readContent(content))).toMatchObject([{ text: '你好', uuid }, { text: '收到' }]);
  });

  it('keeps messages of every kind apart', async () => {
    const [alice, bob] = [await connect(), await connect()];
    const gid = await newGroup([alice.uid, bob.uid]);
    const superGid = await newGroup([alice.uid, bob.uid], true);
    await alice.connection.sendGroup(gid, { image2: { url: 'https://app.example/1.png', width: 4, height: 3 } });
    await alice.connection.sendGroup(superGid, '大家好');
    bob.connection.enterRoom(900);
    alice.connection.enterRoom(900);
    await alice.connection.sendRoom(900, '直播开始');
    alice.connection.sendRealTime(bob.uid, '{"typing":true}');
    const receiver = bob.uid;
    await unwrap(server.POST('/messages/systems', { body: { receiver, content: '维护' } }));
    await unwrap(server.POST('/messages/notifications', { body: { receiver, content: '提醒' } }));
    await until(() => bob.received.length >= 8);
    const kinds = bob.received.map(({ event }) => event).toSorted();
    expect(kinds).toEqual([
      'group_message',
      'group_message',
      'group_notification',
      'group_notification',
      'notification',
      'real_time_message',
      'room_message',
      'system_message',
    ]);
    const image = bob.received.find(({ event, data }) => event === 'group_message' && data.receiver === gid);
    expect(readContent(image?.data.content ?? '')).toMatchObject({ image2: { width: 4 } });
    expect(bob.connection.superGroups.get(superGid)).toBeGreaterThanOrEqual(0);
  });

  it('sends between a customer and a supporter', async () => {
    const appid = place.demo.appid;
    const customer = await unwrap(
      server.POST('/auth/customer', { body: { appid, customer_id: 'socket', name: '顾客' } }),
    );
    const uid = customer.client_id;
    const visitor = createGobelieveClient({ baseUrl: place.url, token: customer.token }).connect({ uid, WebSocket });
    onTestFinished(() => visitor.close());
    const seller = createGobelieveClient({ baseUrl: place.url, token: place.demo.seller_token });
    const desk = seller.connect({ uid: place.demo.seller_id, WebSocket });
    onTestFinished(() => desk.close());
    const received: SocketMessage[] = [];
    void collect(desk, received);
    await until(() => desk.state === 'open');
    await visitor.sendCustomer({ sender_appid: appid, receiver_appid: appid, receiver: place.demo.seller_id }, '在吗');
    // Messages of the demo data wait for the supporter, too.
    const sent = { sender_appid: appid, sender: uid, receiver_appid: appid, receiver: place.demo.seller_id };
    const isSent = ({ event, data }: SocketMessage) => event === 'customer_message' && data.sender === uid;
    await until(() => received.some(isSent));
    expect(received.find(isSent)).toMatchObject({ data: sent });
  });

  it('sends what waits after a broken connection, in order and once, and fetches what it missed', async () => {
    const [alice, bob] = [await connect(), await connect()];
    await alice.connection.sendPeer(bob.uid, '一');
    opened.at(-2)?.terminate();
    // The state itself may be back to open between two looks at it.
    await until(() => alice.states.includes('waiting'));
    const sending = ['二', '三', '四'].map((text) => alice.connection.sendPeer(bob.uid, text));
    await bob.connection.sendPeer(alice.uid, '你在吗');
    await Promise.all(sending);
    await until(() => bob.received.length >= 4 && alice.received.length >= 1);
    expect(textsOf(bob.received).map(([, text]) => text)).toEqual(['一', '二', '三', '四']);
    expect(textsOf(alice.received)).toEqual([['peer_message', '你在吗']]);
    expect(alice.states).toEqual(['open', 'waiting', 'connecting', 'open']);
  });

  it('goes on at the position of an earlier connection', async () => {
    const [alice, bob] = [await connect(), await connect()];
    await alice.connection.sendPeer(bob.uid, '之前');
    await until(() => bob.received.length === 1 && bob.connection.position > 0);
    bob.connection.close();
    await bob.over;
    await alice.connection.sendPeer(bob.uid, '之后');
    const again = await connect(bob.uid, { position: bob.connection.position });
    await until(() => again.received.length > 0);
    expect(textsOf(again.received)).toEqual([['peer_message', '之后']]);
  });

  it('says why a message is not sent', async () => {
    const [alice, bob] = [await connect(), await connect()];
    const gid = await newGroup([bob.uid]);
    const refusal = await alice.connection.sendGroup(gid, '让我进来').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SendError);
    expect(refusal).toMatchObject({ code: 'not_a_member' });
    await expect(alice.connection.sendGroup(987_654_321, '有人吗')).rejects.toMatchObject({ code: 'no_such_group' });
    await expect(alice.connection.sendPeer(bob.uid, '长'.repeat(11_000))).rejects.toThrow(RangeError);
    alice.connection.close();
    await expect(alice.connection.sendPeer(bob.uid, '太晚了')).rejects.toMatchObject({ code: 'closed' });
  });

  it('throws from the loop when the token is refused', async () => {
    const stranger = createGobelieveClient({ baseUrl: place.url, token: 'unknown' });
    const connection = stranger.connect({ uid: 1, WebSocket });
    await expect(collect(connection, [])).rejects.toBeInstanceOf(LoginError);
    expect(connection.state).toBe('closed');
  });

  it('ends with its signal and with its loop', async () => {
    const stopping = new AbortController();
    const { over, connection } = await connect(newUid(), { signal: stopping.signal });
    stopping.abort();
    await over;
    expect(connection.state).toBe('closed');
    const other = (await clientOf(newUid())).connect({ uid: newUid(), WebSocket, signal: AbortSignal.abort() });
    await collect(other, []);
    const [alice, bob] = [await connect(), newUid()];
    const left = (await clientOf(bob)).connect({ uid: bob, WebSocket });
    await alice.connection.sendPeer(bob, '再见');
    for await (const { event } of left) {
      expect(event).toBe('peer_message');
      break;
    }
    expect(left.state).toBe('closed');
  });

  it('needs a WebSocket', async () => {
    const client = await clientOf(newUid());
    if (globalThis.WebSocket === undefined) expect(() => client.connect({ uid: 1 })).toThrow(/pass one/);
    else expect(() => client.connect({ uid: 1, WebSocket: undefined }).close()).not.toThrow();
  });
});
