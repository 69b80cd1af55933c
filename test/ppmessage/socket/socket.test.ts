import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ppmessage } from '../../../src/ppmessage/index.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { startServer } from '../../support/server.ts';
import { newDevice, openDesk, useDesk } from '../desk.ts';
import { atDesk, newVisitor, type Person, SocketClient } from './client.ts';

/** The socket of the original's clients (P-95 to P-100). */
describeEachDatabase('ppmessage: the socket', (databases) => {
  const desk = useDesk(databases);
  const clients: SocketClient[] = [];
  let visitor: Person;
  let agent: Person;
  let conversation: string;

  beforeEach(async () => {
    visitor = await newVisitor(desk.kefu);
    agent = await atDesk(desk.kefu);
    conversation = await desk.kefu.newConversation(visitor.user, [agent.user]);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const keep = (client: SocketClient) => {
    clients.push(client);
    return client;
  };
  const connect = async () => keep(await SocketClient.connect(desk.url));
  const logIn = async (person: Person, more?: object) => keep(await SocketClient.logIn(desk.url, person, more));
  const isOnline = async (person: Person) => {
    const { list } = await desk.console.ok('PP_GET_CONVERSATION_USER_LIST', { conversation_uuid: conversation });
    return list.find(({ uuid }) => uuid === person.user)?.is_browser_online;
  };

  describe('auth', () => {
    it.each([
      ['no token', { api_token: null }, 8],
      ['an unknown token', { api_token: 'unknown' }, 9],
      ['no device', { device_uuid: '' }, 1],
      ['no user', { user_uuid: undefined }, 1],
      ['no is_service_user', { is_service_user: undefined }, 2],
      ['a customer without extra_data', { extra_data: undefined }, 3],
      ['extra_data that is too large', { extra_data: { text: 'x'.repeat(9000) } }, 4],
      ['a NUL character', { device_uuid: '\u0000' }, 4],
      ['the device of another user', { user_uuid: () => agent.user }, 10],
      ['another app', { app_uuid: randomUUID() }, 10],
    ])('with %s is refused, and the connection ends', async (_, change: Record<string, unknown>, code) => {
      const client = await connect();
      const more = Object.entries(change).map(([name, value]) => [name, typeof value === 'function' ? value() : value]);
      client.auth(visitor, Object.fromEntries(more));
      expect(await client.ack('AUTH')).toMatchObject({ code, reason: expect.any(String), extra: null });
      await client.until(() => client.closedWith !== undefined);
      expect(client.closedWith).toBe(1000);
    });

    it('with a console’s token, and for another agent, is refused with 10', async () => {
      for (const change of [{ api_token: desk.console.token }, { user_uuid: desk.otherAgent.user_uuid }]) {
        const client = await connect();
        client.auth(agent, change);
        expect(await client.ack('AUTH')).toMatchObject({ code: 10 });
      }
    });

    it('must come first; a broken frame is refused and leaves the connection open', async () => {
      const client = await connect();
      client.send({ type: 'send', send: {} });
      expect(await client.ack('SEND')).toMatchObject({ code: 8 });
      for (const [frame, code] of [
        ['{', 6],
        ['[]', 6],
        ['null', 6],
        [Buffer.from([0xff, 0x00]), 6],
        [{}, 5],
        [{ type: 7 }, 5],
      ] as const) {
        const count = client.of('ACK').filter(({ what }) => what === 'WS').length;
        client.send(frame);
        expect([frame, (await client.ack('WS', count + 1)).code]).toEqual([frame, code]);
      }
      client.send({ type: 'PONG' });
      client.auth(visitor);
      expect(await client.ack('AUTH')).toMatchObject({ code: 0 });
      client.auth(visitor);
      expect(await client.ack('AUTH', 2)).toMatchObject({ code: 5 });
    });

    it('is followed by the frames behind it, in their order', async () => {
      const client = await connect();
      const texts = Array.from({ length: 30 }, (_, index) => `第 ${index} 条`);
      client.auth(visitor);
      for (const text of texts) client.say(conversation, visitor, text);
      await client.until(() => client.of('ACK').length === 31);
      expect(client.of('ACK').map(({ what }) => what)).toEqual(['AUTH', ...texts.map(() => 'SEND')]);
      expect((await desk.kefu.history(conversation)).reverse()).toEqual(texts);
    });
  });

  describe('a message', () => {
    it('by any way arrives once, in one order, on every device but the sending one', async () => {
      const tablet = { ...agent, device: await newDevice(desk.kefu, agent.user) };
      const [customer, computer, other] = [await logIn(visitor), await logIn(agent), await logIn(tablet)];
      const expected: string[] = [];
      for (let round = 0; round < 3; round++) {
        await customer.said(conversation, visitor, `顾客 ${round}`);
        await computer.said(conversation, agent, `客服 ${round}`);
        await desk.kefu.say(conversation, visitor.user, `REST ${round}`);
        expected.push(`顾客 ${round}`, `客服 ${round}`, `REST ${round}`);
      }
      await other.until(() => other.texts.length === 9);
      expect(other.texts).toEqual(expected);
      const computers = expected.filter((text) => !text.startsWith('客服'));
      await computer.until(() => computer.texts.length >= computers.length);
      expect(computer.texts).toEqual(computers);
      await customer.until(() => customer.texts.length >= 3);
      expect(customer.texts).toEqual(expected.filter((text) => text.startsWith('客服')));
      expect((await desk.kefu.history(conversation)).reverse()).toEqual(expected);
    });

    it('has its push record and its sender, and is acknowledged on both ways', async () => {
      const [customer, computer] = [await logIn(visitor), await logIn(agent)];
      const uuid = customer.say(conversation, visitor, '在吗？');
      const { msg } = await computer.next(({ type }) => type === 'MSG');
      expect(msg).toMatchObject({
        id: uuid,
        ci: conversation,
        ct: 'P2S',
        mt: 'NOTI',
        ms: 'TEXT',
        bo: '在吗？',
        from_user: { uuid: visitor.user, updatetime: expect.any(Number) },
      });
      customer.say(conversation, visitor, '第二条');
      await computer.until(() => computer.texts.length === 2);
      const pending = async () => (await desk.kefu.unacked()).filter(({ message }) => message.ci === conversation);
      expect((await pending()).map(({ text }) => text)).toEqual(['第二条', '在吗？']);
      await desk.kefu.ok('ACK_MESSAGE', { list: [msg?.pid as string] });
      computer.send({ type: 'ACK', push_uuid: computer.of('MSG')[1]?.msg?.pid });
      await computer.settled();
      expect(await pending()).toEqual([]);
    });

    it.each([
      ['no object', () => 'text', 4],
      ['no body', () => ({ message_body: undefined }), 4],
      ['a body of the wrong type', () => ({ message_body: 7 }), 4],
      ['another sender', () => ({ from_uuid: agent.user }), 4],
      ['another app', () => ({ app_uuid: randomUUID() }), 4],
      ['an unknown conversation', () => ({ conversation_uuid: randomUUID() }), 11],
      ['an unknown subtype', () => ({ message_subtype: 'SMELL' }), 7],
      ['an unknown file', () => ({ message_subtype: 'FILE', message_body: `{"fid":"${randomUUID()}"}` }), 7],
    ])('with %s is refused, and the connection stays open', async (_, change, code) => {
      const client = await logIn(visitor);
      const text = { ...visitor.seat.text(conversation, visitor.user, '在吗？'), device_uuid: visitor.device };
      const changed = change();
      const send = typeof changed === 'string' ? changed : { ...text, ...changed };
      client.send({ type: 'send', send });
      const { uuid, conversation_uuid } = typeof send === 'string' ? { uuid: null, conversation_uuid: null } : send;
      expect(await client.ack('SEND')).toMatchObject({ code, extra: { uuid, conversation_uuid } });
      expect(await client.said(conversation, visitor, '好了')).toMatchObject({ code: 0 });
      expect(await desk.kefu.history(conversation)).toEqual(['好了']);
    });

    it('need not name what the connection knows, and is stored once when it is repeated', async () => {
      const client = await logIn(visitor);
      const { app_uuid, from_uuid, from_type, ...rest } = visitor.seat.text(conversation, visitor.user, '一次');
      for (let times = 1; times <= 2; times++) {
        client.send({ type: 'SEND', send: { ...rest, app_uuid: null, device_uuid: '' } });
        expect(await client.ack('SEND', times)).toMatchObject({ code: 0 });
      }
      const { list } = await desk.kefu.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid: conversation });
      expect(list).toMatchObject([{ body: '一次', from_device_uuid: visitor.device }]);
    });

    it('with a NUL character, which no database stores, is refused with 4', async () => {
      const customer = await logIn(visitor);
      expect(await customer.said(conversation, visitor, '上\u0000下')).toMatchObject({ code: 4 });
      expect(await customer.said(conversation, visitor, '上下')).toMatchObject({ code: 0 });
    });

    it('that is larger than a message may be ends the connection', async () => {
      const client = await logIn(visitor);
      client.say(conversation, visitor, 'x'.repeat(300_000));
      await client.until(() => client.closedWith !== undefined);
      expect(client.closedWith).toBe(1009);
    });
  });

  describe('typing', () => {
    it('is heard by the others who watch the conversation', async () => {
      const [customer, computer, elsewhere] = [
        await logIn(visitor),
        await logIn(agent),
        await logIn(await atDesk(desk.otherKefu)),
      ];
      customer.send({ type: 'typing' });
      customer.send({ type: 'typing_watch', conversation_uuid: conversation });
      computer.send({ type: 'typing_watch', conversation_uuid: conversation });
      elsewhere.send({ type: 'typing_watch', conversation_uuid: conversation });
      expect(await elsewhere.ack('TYPING_WATCH')).toMatchObject({ code: 11 });
      await customer.settled();
      await computer.settled();
      customer.send({ type: 'typing' });
      await computer.until(() => computer.of('TYPING').length === 1);
      expect(computer.of('TYPING')).toEqual([
        { type: 'TYPING', user_uuid: visitor.user, conversation_uuid: conversation },
      ]);
      computer.send({ type: 'typing_unwatch', conversation_uuid: conversation });
      await computer.settled();
      customer.send({ type: 'typing' });
      await customer.settled();
      for (const client of [customer, elsewhere]) expect(client.of('TYPING')).toEqual([]);
      expect(computer.of('TYPING')).toHaveLength(1);
      computer.send({ type: 'typing_watch' });
      expect(await computer.ack('TYPING_WATCH')).toMatchObject({ code: 4 });
    });
  });

  describe('presence', () => {
    it('follows the connection: agents hear of customers, and customers of agents', async () => {
      const computer = await logIn(agent);
      expect(await isOnline(agent)).toBe(true);
      const customer = await logIn(visitor);
      const online = await computer.next(({ user_uuid }) => user_uuid === visitor.user);
      expect(online).toMatchObject({
        type: 'ONLINE',
        browser: 'ONLINE',
        mobile: 'UNCHANGED',
        device_uuid: agent.device,
        extra_data: { title: '商品' },
      });
      expect(await isOnline(visitor)).toBe(true);
      const colleague = await atDesk(desk.otherKefu);
      const second = await logIn(colleague);
      for (const client of [computer, customer])
        expect(await client.next(({ user_uuid }) => user_uuid === colleague.user)).toMatchObject({ browser: 'ONLINE' });
      second.close();
      customer.close();
      expect(await computer.next(({ user_uuid }) => user_uuid === visitor.user, 2)).toMatchObject({
        browser: 'OFFLINE',
      });
      expect(await isOnline(visitor)).toBe(false);
    });

    it('follows a stream of events too', async () => {
      const computer = await logIn(agent);
      const stop = new AbortController();
      const query = new URLSearchParams({ user_uuid: visitor.user, device_uuid: visitor.device });
      await fetch(`${desk.url}/events?${query}`, { headers: visitor.seat.headers, signal: stop.signal });
      const isVisitor = ({ user_uuid }: { user_uuid?: string }) => user_uuid === visitor.user;
      expect(await computer.next(isVisitor)).toMatchObject({ type: 'ONLINE', browser: 'ONLINE' });
      stop.abort();
      expect(await computer.next(isVisitor, 2)).toMatchObject({ type: 'ONLINE', browser: 'OFFLINE' });
    });

    it('of an agent’s phone that is logged in does not end with the connection', async () => {
      const fields = { user_uuid: agent.user, device_ostype: 'AND' as const, device_id: randomUUID() };
      const { device_uuid: device } = await desk.kefu.ok('PP_CREATE_DEVICE', fields);
      await desk.kefu.ok('PP_UPDATE_DEVICE', { device_uuid: device, device_is_online: true });
      const client = await logIn({ ...agent, device });
      const computer = await logIn(agent);
      client.close();
      await computer.said(conversation, agent, '还在');
      const { valid } = await desk.kefu.ok('PP_VALIDATE_ONLINE_DEVICE', { user_uuid: agent.user, device_uuid: device });
      expect(valid).toBe(true);
    });
  });

  describe('a second socket of a device', () => {
    it('takes its place: the older one is ordered to log out and closed', async () => {
      const older = await logIn(visitor);
      const newer = await logIn(visitor);
      await older.until(() => older.closedWith !== undefined);
      expect([older.of('MSG'), older.closedWith]).toEqual([
        [{ type: 'MSG', msg: { mt: 'SYS', ms: 'LOGOUT', bo: visitor.device } }],
        1000,
      ]);
      await desk.kefu.say(conversation, agent.user, '您好');
      await newer.until(() => newer.texts.length === 1);
      expect(await isOnline(visitor)).toBe(true);
    });

    it('is the only one after many connect at once', async () => {
      const sockets = await Promise.all(Array.from({ length: 5 }, connect));
      for (const socket of sockets) socket.auth(visitor);
      const open = () => sockets.filter(({ closedWith }) => closedWith === undefined);
      await expect.poll(() => open().length, { timeout: 30_000 }).toBe(1);
      await desk.kefu.say(conversation, agent.user, '您好');
      const [last] = open();
      await last?.until(() => last.texts.includes('您好'));
      expect(open()).toHaveLength(1);
    });
  });

  it('give an agent who connects the customers who wait, and store the page of a customer who connects', async () => {
    const fields = { group_name: '组', group_desc: '', group_route_algorithm: 'SMART' };
    const { uuid: group_uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', fields);
    const { seat } = await desk.newAgent();
    await desk.console.ok('PP_ADD_ORG_GROUP_USER', { group_uuid, user_list: [seat.user_uuid] });
    const { user: user_uuid } = visitor;
    const customer = await desk.kefu.newCustomer();
    await desk.ppcom.ok('PPCOM_CREATE_CONVERSATION', { user_uuid: customer, group_uuid });
    const length = { user_uuid: customer };
    expect((await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', length)).conversation_uuid).toBeNull();
    await logIn(await atDesk(seat));
    await logIn(visitor);
    expect((await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', length)).conversation_uuid).toEqual(expect.any(String));
    const { list } = await desk.kefu.ok('PP_PAGE_USER_NAVIGATION', { user_uuid });
    expect(list.map(({ visit_page_url }) => visit_page_url)).toEqual(['https://shop.example/7']);
  });

  it('of an agent on a device that another log-in replaces are ordered to log out', async () => {
    const { person } = await desk.newAgent();
    const seat = await desk.seatOf(person, ['PPKEFU']);
    const fields = { user_email: person.user_email, ostype: 'MAC' };
    const { browser_device_uuid } = await seat.ok('PPKEFU_LOGIN', { ...fields, terminal: randomUUID() });
    const device = browser_device_uuid as string;
    const client = await logIn({ seat, user: person.user_uuid, device, isAgent: true });
    await (await desk.seatOf(person, ['PPKEFU'])).ok('PPKEFU_LOGIN', { ...fields, terminal: randomUUID() });
    const { msg } = await client.next((frame) => frame.type === 'MSG');
    expect(msg).toMatchObject({ mt: 'SYS', ms: 'LOGOUT', bo: device });
    await client.until(() => client.closedWith !== undefined);
  });

  it('of a removed app are closed', async () => {
    const app = await desk.newApp();
    const client = await logIn(await atDesk(app.kefu));
    await app.console.ok('PP_REMOVE_APP', { user_uuid: app.owner.user_uuid });
    await client.until(() => client.closedWith !== undefined);
  });
});

describe('ppmessage: sockets when the server closes', () => {
  it('end in order, after what was sent is answered', async () => {
    const server = await startServer({}, [ppmessage]);
    const desk = await openDesk(server);
    const visitor = await newVisitor(desk.kefu);
    const conversation = await desk.kefu.newConversation(visitor.user, [desk.agent.user_uuid]);
    const client = await SocketClient.logIn(desk.url, visitor);
    expect(await client.said(conversation, visitor, '再见')).toMatchObject({ code: 0 });
    await server.close();
    await client.until(() => client.closedWith !== undefined);
    expect(client.closedWith).toBe(1000);
  });
});
