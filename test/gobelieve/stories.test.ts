import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import {
  createGobelieveClient,
  createGobelieveServerClient,
  type GobelieveClient,
  GobelieveError,
  type GobelieveEvent,
  unwrap,
} from '../../src/client/gobelieve.ts';
import { createTenant, describeApps, newUid } from './apps.ts';

/** Whole applications from beginning to end, through the typed clients only. */
describeApps('stories', (place) => {
  async function open(app: { appid: number; appsecret: string } = place.demo) {
    const server = createGobelieveServerClient({ baseUrl: place.url, ...app });
    return {
      server,
      async signIn(uid: number, user_name: string): Promise<GobelieveClient> {
        const { token } = await unwrap(server.POST('/auth/grant', { body: { uid, user_name, platform_id: 2 } }));
        return createGobelieveClient({ baseUrl: place.url, token });
      },
    };
  }

  /** The events of a device from now on, and a function that waits for a certain one. */
  async function listen(client: GobelieveClient, rooms?: number[]) {
    const events = client.events({ rooms });
    await events.next();
    return {
      async until<Kind extends GobelieveEvent['event']>(kind: Kind): Promise<Extract<GobelieveEvent, { event: Kind }>> {
        for (;;) {
          const { value } = await events.next();
          if (value === undefined) throw new Error(`no ${kind} came`);
          if (value.event === kind) return value as Extract<GobelieveEvent, { event: Kind }>;
        }
      },
      close: () => events.return(undefined),
    };
  }

  const text = (words: string) => JSON.stringify({ text: words, uuid: crypto.randomUUID() });
  const wordsIn = (content: string) => (JSON.parse(content) as { text: string }).text;

  it('two users chat; one is offline, gets a text message from the app, and reads everything later', async () => {
    const { server, signIn } = await open();
    const [ann, bob] = [newUid(), newUid()];
    const phoneOfAnn = await signIn(ann, '安');
    const onAnnsPhone = await listen(phoneOfAnn);
    const say = async (sender: number, receiver: number, words: string) => {
      await unwrap(server.POST('/messages/peers', { body: { sender, receiver, content: text(words) } }));
      // After each message an app reminds a receiver who has not seen it.
      const { new: isNew } = await unwrap(server.GET('/messages/offline', { params: { query: { uid: receiver } } }));
      return isNew === 1;
    };
    expect(await say(ann, bob, '在吗？')).toBe(true);
    expect(await say(ann, bob, '明早八点集合')).toBe(true);
    // Her own phone shows the message that the app sent for her.
    expect(wordsIn((await onAnnsPhone.until('peer_message')).data.content)).toBe('在吗？');

    const phoneOfBob = await signIn(bob, '波');
    const history = await unwrap(phoneOfBob.GET('/messages'));
    expect(history.map(({ sender, content }) => [sender, wordsIn(content)])).toEqual([
      [ann, '在吗？'],
      [ann, '明早八点集合'],
    ]);
    const last_id = history.at(-1)?.id ?? 0;
    await unwrap(phoneOfBob.POST('/messages/dequeue', { params: { query: { last_id } } }));
    expect(await unwrap(phoneOfBob.GET('/messages/offline'))).toEqual({ new: 0, count: 0 });

    const onBobsPhone = await listen(phoneOfBob);
    await say(bob, ann, '收到');
    await onAnnsPhone.until('peer_message');
    const answer = await onAnnsPhone.until('peer_message');
    expect([answer.data.sender, wordsIn(answer.data.content)]).toEqual([bob, '收到']);
    expect((await onBobsPhone.until('peer_message')).data.receiver).toBe(ann);
    await Promise.all([onAnnsPhone.close(), onBobsPhone.close()]);
  });

  it('a cycling club: a group grows, renames itself, becomes large, loses a member and ends', async () => {
    const { server, signIn } = await open();
    const [captain, rider, guest] = [newUid(), newUid(), newUid()];
    const devices = {
      captain: await signIn(captain, '队长'),
      rider: await signIn(rider, '骑手'),
      guest: await signIn(guest, '客人'),
    };
    const body = { master: captain, name: '周末骑行', members: [captain, { uid: rider, name: '骑手' }] };
    const { group_id: gid } = await unwrap(devices.captain.POST('/client/groups', { body }));
    const path = { gid };
    const atRider = await listen(devices.rider);

    await unwrap(
      devices.rider.POST('/client/groups/{gid}/members', { params: { path }, body: { members: [{ uid: guest }] } }),
    );
    const joined = JSON.parse((await atRider.until('group_notification')).data.content);
    expect(joined.add_member).toMatchObject({ group_id: gid, member_id: guest, inviter: { uid: rider } });

    const nickname = { nickname: '新来的' };
    const self = { path: { gid, mid: guest } };
    await unwrap(devices.guest.PATCH('/client/groups/{gid}/members/{mid}', { params: self, body: nickname }));
    await unwrap(devices.guest.PATCH('/client/groups/{gid}', { params: { path }, body: { name: '夜骑' } }));
    const query = { fields: 'members,quiet' };
    const [group] = await unwrap(devices.captain.GET('/client/groups', { params: { query } }));
    expect(group).toMatchObject({ id: gid, name: '夜骑', super: 0, do_not_disturb: false });
    expect(group?.members).toContainEqual({ uid: guest, name: '客人', nickname: '新来的' });

    const say = (sender: number, words: string) =>
      unwrap(server.POST('/messages/groups', { body: { sender, receiver: gid, content: text(words) } }));
    await say(captain, '七点出发');
    expect(wordsIn((await atRider.until('group_message')).data.content)).toBe('七点出发');
    await unwrap(server.POST('/groups/{gid}/upgrade', { params: { path } }));
    await say(captain, '人多了');
    expect(wordsIn((await atRider.until('group_message')).data.content)).toBe('人多了');

    // Only the captain removes people; muting goes through the app, and the guest leaves.
    const removal = { params: { path }, body: [{ uid: guest }] };
    const refused = unwrap(devices.rider.DELETE('/client/groups/{gid}/members', removal));
    await expect(refused).rejects.toMatchObject({ name: 'GobelieveError', code: 403 });
    await unwrap(server.PATCH('/groups/{gid}/members/{mid}', { params: self, body: { mute: true } }));
    await unwrap(devices.captain.DELETE('/client/groups/{gid}/members', removal));
    expect(await unwrap(devices.guest.GET('/client/groups'))).toEqual([]);
    await unwrap(devices.captain.DELETE('/client/groups/{gid}', { params: { path } }));
    expect(await unwrap(devices.rider.GET('/client/groups'))).toEqual([]);
    const gone = unwrap(server.POST('/messages/groups', { body: { sender: captain, receiver: gid, content: 'x' } }));
    await expect(gone).rejects.toBeInstanceOf(GobelieveError);
    await atRider.close();
  });

  it('a shop: a visitor finds a supporter, they talk, the visitor leaves, and the shop sends a reminder', async () => {
    const tenant = await createTenant(place, ['客服小李', '客服小张']);
    const { server, signIn } = await open(tenant.app);
    const desk = await signIn(tenant.sellers[1] ?? 0, '客服小张');
    const atDesk = await listen(desk);

    const widget = createGobelieveClient({ baseUrl: place.url, token: '' });
    const identity = { appid: tenant.app.appid, customer_id: `cookie-${newUid()}`, name: '访客' };
    const { token, client_id, store_id } = await unwrap(widget.POST('/auth/customer', { body: identity }));
    const visitor = createGobelieveClient({ baseUrl: place.url, token });
    const atVisitor = await listen(visitor);
    const store = { params: { query: { store_id } } };
    const supporter = await unwrap(visitor.GET('/supporters', store));
    expect(supporter).toMatchObject({ seller_id: tenant.sellers[1], name: '客服小张', status: 'online' });

    const send = (sender: number, receiver: number, words: string) =>
      unwrap(server.POST('/messages/peers', { body: { sender, receiver, content: text(words) } }));
    await send(client_id, supporter.seller_id, '有货吗？');
    expect((await atDesk.until('peer_message')).data.sender).toBe(client_id);
    await send(supporter.seller_id, client_id, '有的');
    await atVisitor.until('peer_message');
    expect(wordsIn((await atVisitor.until('peer_message')).data.content)).toBe('有的');
    await unwrap(visitor.POST('/messages/dequeue'));
    await atVisitor.close();

    await send(supporter.seller_id, client_id, '还需要吗？');
    await unwrap(server.POST('/messages/systems', { body: { receiver: client_id, content: '您的优惠券快到期了' } }));
    const { customer_id } = identity;
    const asked = { params: { query: { customer_id } } };
    expect(await unwrap(server.GET('/messages/offline', asked))).toEqual({ new: 1, count: 2 });

    // The next day on another device: the same customer, the same supporter, the same conversation.
    const again = await unwrap(widget.POST('/auth/customer', { body: identity }));
    expect([again.client_id, again.token === token]).toEqual([client_id, false]);
    const tablet = createGobelieveClient({ baseUrl: place.url, token: again.token });
    const talk = await unwrap(tablet.GET('/messages', { params: { query: { store: store_id } } }));
    expect(talk.map(({ content }) => wordsIn(content))).toEqual(['有货吗？', '有的', '还需要吗？']);
    await atDesk.close();
    expect((await unwrap(tablet.GET('/supporters', store))).seller_id).toBe(supporter.seller_id);
  });

  it('a live show: many watch, the host speaks, nothing is kept', async () => {
    const { server, signIn } = await open();
    const room = newUid();
    const host = newUid();
    const watching = await Promise.all(
      Array.from({ length: 5 }, async () => listen(await signIn(newUid(), '观众'), [room])),
    );
    const speak = (sender: number, content: string) =>
      unwrap(server.POST('/messages/rooms', { body: { sender, receiver: room, content } }));
    await speak(host, text('大家好'));
    await speak(0, '直播即将结束');
    for (const one of watching) {
      expect((await one.until('room_message')).data).toMatchObject({ sender: host, receiver: room });
      expect((await one.until('room_message')).data).toEqual({ sender: 0, receiver: room, content: '直播即将结束' });
      await one.close();
    }
    const late = await signIn(newUid(), '迟到的人');
    expect(await unwrap(late.GET('/messages'))).toEqual([]);
  });

  it('a picture: uploaded from one phone, seen on the other', async () => {
    const { server, signIn } = await open();
    const [ann, bob] = [newUid(), newUid()];
    const [phoneOfAnn, phoneOfBob] = [await signIn(ann, '安'), await signIn(bob, '波')];
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
      'base64',
    );
    const file = new File([png], 'photo.png', { type: 'image/png' });
    const { src_url } = await unwrap(phoneOfAnn.POST('/v2/images', { body: { file } }));
    const content = JSON.stringify({ image2: { url: src_url, width: 1, height: 1 } });
    await unwrap(server.POST('/messages/peers', { body: { sender: ann, receiver: bob, content } }));
    const [message] = await unwrap(phoneOfBob.GET('/messages'));
    const { url } = JSON.parse(message?.content ?? '').image2;
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(png);
  });

  /** As the document describes it: the phone asks its own app's server, which asks this API. */
  it('a bridge: the app’s own server hands out tokens to phones that know nothing else', async () => {
    const { server } = await open();
    const sessions = new Map([['session-of-ann', newUid()]]);
    const bridge = createServer(async (request, response) => {
      const uid = sessions.get(request.headers.authorization ?? '');
      if (uid === undefined) return void response.writeHead(403).end();
      response.end(JSON.stringify(await unwrap(server.POST('/auth/grant', { body: { uid } }))));
    });
    await new Promise<void>((resolve) => bridge.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(bridge.address() as AddressInfo).port}/im-token`;
      const answer = await fetch(address, { headers: { Authorization: 'session-of-ann' } });
      const { token } = (await answer.json()) as { token: string };
      const phone = createGobelieveClient({ baseUrl: place.url, token });
      expect(await unwrap(phone.GET('/messages'))).toEqual([]);
      expect((await fetch(address)).status).toBe(403);
    } finally {
      bridge.close();
    }
  });
});
