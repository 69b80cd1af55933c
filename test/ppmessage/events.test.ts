import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AnyOperation } from '../../src/http/operation.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { sha256 } from '../../src/secrets.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer } from '../support/server.ts';
import { newDevice, openDesk, type Seat, type TestApp, useDesk } from './desk.ts';
import { openStream, type Stream } from './stream.ts';

// P-33, P-48.
describeEachDatabase('ppmessage: events', (databases) => {
  const desk = useDesk(databases);
  const opened: Stream[] = [];
  afterEach(() => {
    for (const stream of opened.splice(0)) stream.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  async function open(...parameters: Parameters<typeof openStream>): Promise<Stream> {
    const stream = await openStream(...parameters);
    opened.push(stream);
    return stream;
  }

  async function newConversation() {
    const customer = await desk.kefu.newCustomer();
    const members = [desk.agent.user_uuid, desk.otherAgent.user_uuid];
    return { customer, conversation: await desk.kefu.newConversation(customer, members) };
  }

  it('delivers a message to the members with a stream, and to no other user', async () => {
    const { customer, conversation } = await newConversation();
    const [agent, other, client, stranger] = await Promise.all([
      open(desk.kefu),
      open(desk.otherKefu),
      open(desk.kefu, { user_uuid: customer }),
      open(desk.kefu, { user_uuid: await desk.kefu.newCustomer() }),
    ]);
    await desk.kefu.say(conversation, customer, '在吗');
    await desk.kefu.say(conversation, desk.agent.user_uuid, '在');
    expect(await agent.texts(1)).toEqual(['在吗']);
    expect(await other.texts(2)).toEqual(['在吗', '在']);
    expect(await client.texts(1)).toEqual(['在']);
    // The stream of a user who is no member stays silent.
    const theirs = await newConversation();
    const own = await open(desk.kefu, { user_uuid: theirs.customer });
    await desk.kefu.say(theirs.conversation, desk.agent.user_uuid, '您好');
    expect((await own.next()).data).toMatchObject({ ci: theirs.conversation, bo: '您好' });
    expect(stranger.text).not.toContain('event: message');
  });

  it('begins with now when Last-Event-ID is ahead of everything, as after a restored backup', async () => {
    const { customer, conversation } = await newConversation();
    const stream = await open(desk.kefu, {}, { 'Last-Event-ID': '999999999999' });
    await desk.kefu.say(conversation, customer, '还在');
    expect(await stream.texts(1)).toEqual(['还在']);
  });

  it('is an event stream that caches do not store and proxies do not hold back', async () => {
    const { response } = await open(desk.kefu);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('x-request-id')).toMatch(/\S/);
  });

  it('has the wire form, the push record and the sender of a message', async () => {
    const { customer, conversation } = await newConversation();
    const stream = await open(desk.kefu);
    const uuid = await desk.kefu.say(conversation, customer, '两行\n第二行 🀄️');
    const { id, data } = await stream.next();
    expect(id).toMatch(/^[\w.-]{1,64}$/);
    const { user_fullname, user_email, user_icon } = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: customer });
    expect(data).toMatchObject({
      id: uuid,
      ci: conversation,
      ct: 'P2S',
      fi: customer,
      ti: desk.app_uuid,
      bo: '两行\n第二行 🀄️',
      from_user: { uuid: customer, user_fullname, user_email, user_icon },
    });
    const { pid, from_user: _, ...wire } = data;
    const unacked = (await desk.kefu.unacked()).find((one) => one.pid === pid);
    expect(unacked?.message).toEqual(wire);
    await desk.kefu.ok('ACK_MESSAGE', { list: [pid] });
    expect((await desk.kefu.unacked()).some((one) => one.pid === pid)).toBe(false);
  });

  it('delivers a repeated message once', async () => {
    const { customer, conversation } = await newConversation();
    const stream = await open(desk.kefu);
    const text = desk.kefu.text(conversation, customer, '一次');
    await desk.kefu.ok('PP_SEND_MESSAGE', text);
    await desk.kefu.ok('PP_SEND_MESSAGE', text);
    await desk.kefu.say(conversation, customer, '之后');
    expect(await stream.texts(2)).toEqual(['一次', '之后']);
  });

  describe('resuming', () => {
    it('continues after the last event, without loss or repetition', async () => {
      const { customer, conversation } = await newConversation();
      const first = await open(desk.kefu);
      await desk.kefu.say(conversation, customer, '一');
      const { id } = await first.next();
      first.close();
      for (const text of ['二', '三']) await desk.kefu.say(conversation, customer, text);
      const second = await open(desk.kefu, {}, { 'Last-Event-ID': id });
      await desk.kefu.say(conversation, customer, '四');
      expect(await second.texts(3)).toEqual(['二', '三', '四']);
    });

    it('does not depend on acknowledgements', async () => {
      const { customer, conversation } = await newConversation();
      const first = await open(desk.kefu);
      await desk.kefu.say(conversation, customer, '一');
      const { id, data } = await first.next();
      first.close();
      await desk.kefu.ok('ACK_MESSAGE', { list: [data.pid] });
      await desk.kefu.say(conversation, customer, '二');
      const second = await open(desk.kefu, {}, { 'Last-Event-ID': id });
      expect(await second.texts(1)).toEqual(['二']);
    });

    it('replays several megabytes', async () => {
      const { customer, conversation } = await newConversation();
      const first = await open(desk.kefu);
      await desk.kefu.say(conversation, customer, '零');
      const { id } = await first.next();
      first.close();
      const texts = Array.from({ length: 50 }, (_, index) => `${index} ${'x'.repeat(60_000)}`);
      for (const text of texts) await desk.kefu.say(conversation, customer, text);
      const second = await open(desk.kefu, {}, { 'Last-Event-ID': id });
      expect(await second.texts(50)).toEqual(texts);
    });

    it('stops reading when the client has gone', async () => {
      const { customer, conversation } = await newConversation();
      const { database } = desk;
      const { last_seq: before } = await database
        .selectFrom('ppmessage_apps')
        .select('last_seq')
        .where('uuid', '=', desk.app_uuid)
        .executeTakeFirstOrThrow();
      for (let number = 0; number < 25; number++) await desk.kefu.say(conversation, customer, 'x'.repeat(1000));
      const actor = { appUuid: desk.app_uuid, userUuid: desk.agent.user_uuid };
      const streamEvents = ppmessage.operations.streamEvents as AnyOperation;
      const stream = async () => {
        const input = { query: {}, headers: { 'last-event-id': String(before) }, actor };
        return (await streamEvents(input, { ...desk.server.context, database })).body as Readable;
      };
      const select = vi.spyOn(database, 'selectFrom');
      const pages = () => select.mock.calls.filter(([table]) => String(table) === 'ppmessage_pushes as push').length;
      const gone = await stream();
      await expect.poll(() => gone.readableLength).toBeGreaterThan(10_000);
      gone.destroy();
      // Another client reads all of it meanwhile.
      let text = '';
      for await (const chunk of await stream()) {
        text += chunk;
        if (text.split('event: message').length > 25) break;
      }
      expect(pages()).toBe(3);
    });

    it('begins with now without Last-Event-ID', async () => {
      const { customer, conversation } = await newConversation();
      await desk.kefu.say(conversation, customer, '以前');
      const stream = await open(desk.kefu);
      await desk.kefu.say(conversation, customer, '现在');
      expect(await stream.texts(1)).toEqual(['现在']);
    });

    it('loses no message that is sent while the client connects', async () => {
      const { customer, conversation } = await newConversation();
      const first = await open(desk.kefu);
      await desk.kefu.say(conversation, customer, '零');
      const { id } = await first.next();
      first.close();
      const texts = Array.from({ length: 30 }, (_, index) => String(index));
      const sending = (async () => {
        for (const text of texts) await desk.kefu.say(conversation, customer, text);
      })();
      const second = await open(desk.kefu, {}, { 'Last-Event-ID': id });
      await sending;
      expect(await second.texts(30)).toEqual(texts);
    });
  });

  it('continues after a failure of the database', async () => {
    const { customer, conversation } = await newConversation();
    const stream = await open(desk.kefu);
    await desk.kefu.say(conversation, customer, '之前');
    expect(await stream.texts(1)).toEqual(['之前']);
    const select = desk.database.selectFrom.bind(desk.database) as (table: string) => unknown;
    let failures = 0;
    vi.spyOn(desk.database, 'selectFrom').mockImplementation(((table: string) => {
      if (table === 'ppmessage_pushes as push' && failures++ === 0) throw new Error('the database is away');
      return select(table);
    }) as unknown as typeof desk.database.selectFrom);
    await desk.kefu.say(conversation, customer, '其间');
    expect(await stream.texts(1)).toEqual(['其间']);
    expect(failures).toBeGreaterThan(1);
  });

  describe('a device', () => {
    const isOnline = async (user_uuid: string) => {
      const { list } = await desk.kefu.ok('PP_PAGE_ONLINE_PORTAL_USER', { page_size: 100 });
      return list.some(({ uuid }) => uuid === user_uuid);
    };

    it('is online while its stream is open', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const device_uuid = await newDevice(desk.kefu, user_uuid);
      const stream = await open(desk.kefu, { user_uuid, device_uuid });
      await expect.poll(() => isOnline(user_uuid)).toBe(true);
      stream.close();
      await expect.poll(() => isOnline(user_uuid)).toBe(false);
    });

    it('is not kept online by a node that died before its clock was set back', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const device_uuid = await newDevice(desk.kefu, user_uuid);
      await desk.database
        .updateTable('ppmessage_devices')
        .set({ online_until: Date.now() + 60 * 60 * 1000, online_stream: 'a stream of that node' })
        .where('uuid', '=', device_uuid)
        .execute();
      expect(await isOnline(user_uuid)).toBe(false);
      expect(await desk.kefu.ok('PP_VALIDATE_ONLINE_DEVICE', { user_uuid, device_uuid })).toMatchObject({
        valid: false,
      });
    });

    it('stays online while one of its streams is open', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      const device_uuid = await newDevice(desk.kefu, user_uuid);
      const first = await open(desk.kefu, { user_uuid, device_uuid });
      await expect.poll(() => isOnline(user_uuid)).toBe(true);
      const second = await open(desk.kefu, { user_uuid, device_uuid });
      first.close();
      // The end of the first stream has been handled when the next message arrives.
      const conversation = await desk.kefu.newConversation(user_uuid, [desk.agent.user_uuid]);
      await desk.kefu.say(conversation, desk.agent.user_uuid, '在吗');
      expect(await second.texts(1)).toEqual(['在吗']);
      expect(await isOnline(user_uuid)).toBe(true);
    });

    it('is not kept online by the stream of its former user', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const [before, user_uuid] = [await desk.kefu.newCustomer(), await desk.kefu.newCustomer()];
      const device = { device_ostype: 'MAB' as const, ppcom_trace_uuid: randomUUID() };
      const { device_uuid } = await desk.kefu.ok('PP_CREATE_DEVICE', { ...device, user_uuid: before });
      await open(desk.kefu, { user_uuid: before, device_uuid });
      await expect.poll(() => isOnline(before)).toBe(true);
      expect(await desk.kefu.code('PP_CREATE_DEVICE', { ...device, user_uuid })).toBe('25');
      const stream = await open(desk.kefu, { user_uuid, device_uuid });
      await expect.poll(() => isOnline(user_uuid)).toBe(true);
      stream.close();
      await expect.poll(() => isOnline(user_uuid)).toBe(false);
      const renew = vi.spyOn(desk.database, 'updateTable');
      vi.advanceTimersByTime(51_000);
      expect(renew).toHaveBeenCalledOnce();
      // Leaves time for the renewal.
      await sleep(100);
      expect(await isOnline(user_uuid)).toBe(false);
    });

    it('is refused with error 8 when it is another user’s', async () => {
      const device = await newDevice(desk.kefu, await desk.kefu.newCustomer());
      const response = await fetch(`${desk.url}/events?device_uuid=${device}`, { headers: desk.kefu.headers });
      expect([response.status, (await response.json()).error_code]).toEqual([403, '8']);
    });
  });

  it.each([
    ['no token', {}, 401, '3'],
    ['an unknown token', { Authorization: 'OAuth x' }, 401, '4'],
  ])('rejects %s', async (_, headers, status, number) => {
    const response = await fetch(`${desk.url}/events`, { headers: headers as Record<string, string> });
    expect([response.status, (await response.json()).error_code]).toEqual([status, number]);
    expect(response.headers.get('www-authenticate')).toMatch(/OAuth.*Bearer/);
  });

  it('rejects the stream of another agent, of another app’s customer, and of an unknown user', async () => {
    const { customer } = await desk.otherThings();
    for (const [user_uuid, number] of [
      [desk.otherAgent.user_uuid, '20'],
      [customer, '40'],
      ['nobody', '7'],
    ] as const) {
      const response = await fetch(`${desk.url}/events?user_uuid=${user_uuid}`, { headers: desk.kefu.headers });
      expect([response.status, (await response.json()).error_code]).toEqual([403, number]);
    }
  });

  it('delivers nothing to another app', async () => {
    const { kefu } = await desk.otherApp();
    const { customer, conversation: theirs } = await desk.otherThings();
    const stream = await open(kefu);
    const own = await newConversation();
    await desk.kefu.say(own.conversation, own.customer, '这里');
    await kefu.say(theirs, customer, '那里');
    expect(await stream.texts(1)).toEqual(['那里']);
  });

  it('delivers nothing to a removed member', async () => {
    const { customer, conversation } = await newConversation();
    const stream = await open(desk.otherKefu);
    await desk.kefu.say(conversation, customer, '一');
    const member_list = [desk.otherAgent.user_uuid];
    await desk.kefu.ok('PP_UPDATE_CONVERSATION_MEMBER', {
      conversation_uuid: conversation,
      action: 'REMOVE',
      member_list,
    });
    await desk.kefu.say(conversation, customer, '二');
    const next = await newConversation();
    await desk.kefu.say(next.conversation, next.customer, '三');
    expect(await stream.texts(2)).toEqual(['一', '三']);
  });

  it.each([
    [
      'the user has left the app',
      ({ console }: TestApp, seat: Seat) => console.ok('PP_LEAVE_APP', { user_list: [seat.user_uuid] }),
    ],
    [
      'the token has expired',
      (_: TestApp, seat: Seat) =>
        desk.database
          .updateTable('oauth_tokens')
          .set({ access_expires_at: 1 })
          .where('access_hash', '=', sha256(seat.token))
          .execute(),
    ],
    [
      'the key was deleted',
      (_: TestApp, seat: Seat) =>
        desk.database.deleteFrom('ppmessage_keys').where('app_uuid', '=', seat.app_uuid).execute(),
    ],
  ])('ends within a minute after %s', async (_, happen) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const own = await desk.newApp();
    const stream = await open(own.kefu);
    await happen(own, own.kefu);
    vi.advanceTimersByTime(60_000);
    await stream.ended();
  });

  it('stays open while the token is valid', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { customer, conversation } = await newConversation();
    const stream = await open(desk.kefu);
    const find = vi.spyOn(desk.database, 'selectFrom');
    vi.advanceTimersByTime(60_000);
    await expect.poll(() => find.mock.calls.map(([table]) => String(table))).toContain('ppmessage_users');
    await desk.kefu.say(conversation, customer, '还在');
    expect(await stream.texts(1)).toEqual(['还在']);
  });

  it('ends when the server closes', async () => {
    const server = await startServer({ DATABASE_URL: await databases.createUrl() }, [ppmessage]);
    const stream = await openStream((await openDesk(server)).kefu);
    const ended = stream.ended().catch(() => {});
    await server.close();
    await ended;
  });
});
