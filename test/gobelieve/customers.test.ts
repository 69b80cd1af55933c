import { describe, expect, it, vi } from 'vitest';
import {
  type App,
  call,
  createApp,
  createTenant,
  describeApps,
  md5,
  newUid,
  refused,
  succeeded,
  User,
} from './apps.ts';

/** 2^40: ordinary users have smaller uids. */
const FIRST_CLIENT = 2 ** 40;

const key = () => `c-${newUid()}`;

/** Customer service (G-39 to G-44). */
describeApps('customers', (place) => {
  const enter = (app: App, json: object = {}) =>
    call(app.url, 'POST', '/auth/customer', { json: { appid: app.appid, ...json } });
  const customer = async (app: App, json: object = {}): Promise<User> => {
    const { token, client_id } = succeeded(await enter(app, json));
    return new User(app.url, client_id, token);
  };

  describe('tokens', () => {
    it('need no authentication and are for a user with a client_id of its own', async () => {
      const { app, demo } = place;
      const data = succeeded(await enter(app, { customer_id: key() }));
      expect(data).toEqual({
        token: expect.stringMatching(/^[A-Za-z0-9]{30}$/),
        store_id: demo.store_id,
        client_id: expect.any(Number),
      });
      expect(data.client_id).toBeGreaterThanOrEqual(FIRST_CLIENT);
      const visitor = new User(app.url, data.client_id, data.token);
      await app.peer(demo.seller_id, visitor.uid, '您好');
      expect(await visitor.contents()).toEqual(['您好']);
    });

    it('are for the same user each time, and older tokens stay valid', async () => {
      const { app } = place;
      const customer_id = `顾客 "${key()}" %`;
      const visits = [];
      for (const more of [
        { platform_id: 3 },
        { name: '访客', avatar: 'https://a.example/v.png' },
        { device_id: 'x' },
      ]) {
        visits.push(await customer(app, { customer_id, ...more }));
      }
      expect(new Set(visits.map(({ uid }) => uid)).size).toBe(1);
      for (const visit of visits) expect(await visit.history()).toEqual([]);
    });

    it('are for a new user each time when customer_id is absent', async () => {
      const { app } = place;
      const visitors = [await customer(app), await customer(app), await customer(app)];
      expect(new Set(visitors.map(({ uid }) => uid)).size).toBe(3);
    });

    it('treats an integer as the same customer as its digits', async () => {
      const { app } = place;
      const customer_id = newUid();
      const { uid } = await customer(app, { customer_id });
      expect((await customer(app, { customer_id: String(customer_id) })).uid).toBe(uid);
      const reply = await call(app.url, 'POST', '/customer/register', { json: { appid: app.appid, customer_id } });
      expect(succeeded(reply).client_id).toBe(uid);
      expect(await app.do('GET', `/messages/offline?customer_id=${customer_id}`)).toEqual({ new: 0, count: 0 });
    });

    it('treats an empty customer_id as absent', async () => {
      const { app } = place;
      const visitors = [await customer(app, { customer_id: '' }), await customer(app, { customer_id: '' })];
      expect(new Set(visitors.map(({ uid }) => uid)).size).toBe(2);
    });

    it('distinguishes keys that only look alike', async () => {
      const { app } = place;
      const base = key();
      const uids = new Set<number>();
      const keys = [base, `${base} `, ` ${base}`, base.toUpperCase(), `${base}\u0000`, `${base}é`, `${base}e\u0301`];
      for (const customer_id of keys) {
        const reply = await enter(app, { customer_id });
        // A server that cannot store a key must refuse it.
        if (reply.status === 200) uids.add(reply.data.client_id);
        else expect([customer_id, refused(reply)]).toEqual([`${base}\u0000`, 400]);
      }
      expect(uids.size).toBeGreaterThanOrEqual(keys.length - 1);
    });

    it('stores name and avatar, and keeps them when they are absent', async () => {
      const { app } = place;
      const seller = await app.user();
      const customer_id = key();
      const visitor = await customer(app, { customer_id, name: '访客甲' });
      await app.group(seller.uid, [seller.uid, visitor.uid]);
      const name = async () => (await seller.groups())[0]?.members?.find(({ uid }) => uid === visitor.uid)?.name;
      expect(await name()).toBe('访客甲');
      await customer(app, { customer_id });
      expect(await name()).toBe('访客甲');
      await customer(app, { customer_id, name: '访客乙' });
      expect(await name()).toBe('访客乙');
    });

    it('never assigns the uid of an ordinary user', async () => {
      const { app } = await createTenant(place, ['客服']);
      const first = await customer(app);
      const taken = await app.user(first.uid + 1);
      await app.peer(taken.uid, first.uid + 2, 'to a user without a token');
      await app.group(1, [first.uid + 3]);
      const uids = [(await customer(app)).uid, (await customer(app, { customer_id: key() })).uid];
      for (const uid of uids) expect([first.uid, taken.uid, first.uid + 2, first.uid + 3]).not.toContain(uid);
    });

    it('are granted despite a wrong Authorization', async () => {
      const { app } = place;
      for (const headers of [app.headers, { Authorization: 'Basic AAAA' }, { Authorization: 'Bearer unknown' }]) {
        const reply = await call(app.url, 'POST', '/auth/customer', { json: { appid: app.appid }, headers });
        expect(reply.status).toBe(200);
      }
    });

    it('has a second path for the same customers', async () => {
      const { app } = place;
      const customer_id = key();
      const { uid } = await customer(app, { customer_id });
      const reply = await call(app.url, 'POST', '/customer/register', { json: { appid: app.appid, customer_id } });
      expect(succeeded(reply).client_id).toBe(uid);
    });

    it('returns 400 for unknown apps, apps without a store and invalid fields', async () => {
      const { app } = place;
      expect(refused(await enter(await createApp(place)))).toBe(400);
      for (const wrong of [
        { appid: 987654321 },
        { appid: String(app.appid) },
        { appid: null },
        { customer_id: true },
        { customer_id: 1.5 },
        { customer_id: -1 },
        { customer_id: Number.MAX_SAFE_INTEGER + 1 },
        { name: 1 },
        { platform_id: 9 },
      ]) {
        expect([wrong, refused(await enter(app, wrong))]).toEqual([wrong, 400]);
      }
    });

    it('assigns one client_id to a new customer in twenty parallel requests', async () => {
      const { app } = place;
      const customer_id = key();
      const visits = await Promise.all(Array.from({ length: 20 }, () => customer(app, { customer_id })));
      expect(new Set(visits.map(({ uid }) => uid)).size).toBe(1);
    });
  });

  describe('supporters', () => {
    const ask = (user: User, store: number) => user.do('GET', `/supporters?store_id=${store}`);
    const statusOf = async (user: User, store: number) => (await ask(user, store)).status;

    it('is the first one when none is online, and stays the same', async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲', '乙', '丙']);
      const visitor = await customer(app);
      const [first, second] = sellers as [number, number, number];
      const expected = { seller_id: first, name: '甲', avatar: `https://a.example/${first}.png`, status: 'offline' };
      expect(await ask(visitor, store_id)).toEqual(expected);
      const stream = await (await app.user(second)).listen();
      expect(await ask(visitor, store_id)).toEqual(expected);
      stream.close();
    });

    it('is one who is online, if there is one', async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲', '乙', '丙', '丁']);
      const [, second, third] = sellers as [number, number, number, number];
      const streams = [await (await app.user(second)).listen(), await (await app.user(third)).listen()];
      for (let time = 0; time < 12; time++) {
        const { seller_id, status } = await ask(await customer(app), store_id);
        expect([[second, third].includes(seller_id), status]).toEqual([true, 'online']);
      }
      for (const stream of streams) stream.close();
    });

    it('is online while one connection is open', async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲']);
      const visitor = await customer(app);
      const seller = await app.user(sellers[0]);
      expect(await statusOf(visitor, store_id)).toBe('offline');
      const [phone, desk] = [await seller.listen(), await seller.listen()];
      expect(await statusOf(visitor, store_id)).toBe('online');
      phone.close();
      expect(await statusOf(visitor, store_id)).toBe('online');
      desk.close();
      await vi.waitFor(async () => expect(await statusOf(visitor, store_id)).toBe('offline'), { timeout: 10_000 });
    });

    it('is not kept online by a node that died before its clock was set back', async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲']);
      const { database } = place.server.context;
      const node = key();
      await database
        .insertInto('gobelieve_nodes')
        .values({ node, expires_at: Date.now() + 60 * 60 * 1000 })
        .execute();
      await database
        .insertInto('gobelieve_connections')
        .values({ connection: key(), app_id: app.appid, uid: sellers[0] as number, node, is_phone: 0 })
        .execute();
      expect(await statusOf(await customer(app), store_id)).toBe('offline');
    });

    it('is the one who last exchanged messages with the customer, whichever of them wrote', async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲', '乙', '丙']);
      const [first, second, third] = sellers as [number, number, number];
      const visitor = await customer(app);
      expect((await ask(visitor, store_id)).seller_id).toBe(first);
      await app.peer(visitor.uid, third, '在吗');
      expect((await ask(visitor, store_id)).seller_id).toBe(third);
      await app.peer(second, visitor.uid, '我来接待');
      expect((await ask(visitor, store_id)).seller_id).toBe(second);
      await app.peer(newUid(), visitor.uid, 'not from the store');
      expect((await ask(visitor, store_id)).seller_id).toBe(second);
    });

    it('is another one after the remembered one was deleted', async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲', '乙']);
      const [first, second] = sellers as [number, number];
      const visitor = await customer(app);
      await app.peer(second, visitor.uid, '您好');
      const { database } = place.server.context;
      await database.deleteFrom('gobelieve_supporters').where('uid', '=', second).execute();
      expect((await ask(visitor, store_id)).seller_id).toBe(first);
    });

    it('can be looked up by ordinary users too', async () => {
      const { app, demo } = place;
      expect((await ask(await app.user(), demo.store_id)).seller_id).toBe(demo.seller_id);
    });

    it("accepts store for store_id, and without both uses the app's own store (G-42)", async () => {
      const { app, store_id, sellers } = await createTenant(place, ['甲']);
      const visitor = await customer(app);
      for (const query of [
        `?store=${store_id}`,
        `?store_id=${store_id}&store=987654321`,
        '',
        '?store=',
        '?store_id=',
      ]) {
        const { seller_id } = await visitor.do('GET', `/supporters${query}`);
        expect([query, seller_id]).toEqual([query, sellers[0]]);
      }
      for (const query of ['?store=987654321', '?store=a', `?store_id=987654321&store=${store_id}`]) {
        expect([query, refused(await visitor.send('GET', `/supporters${query}`))]).toEqual([query, 400]);
      }
      const user = await (await createApp(place)).user();
      const reply = await user.send('GET', '/supporters');
      expect([refused(reply), reply.meta.message]).toEqual([400, 'Give store_id: the app has no store']);
    });

    it('returns 400 for a store that is unknown, empty or of another app', async () => {
      const { app, demo } = place;
      const empty = await createTenant(place);
      const user = await app.user();
      for (const query of ['?store_id=987654321', '?store_id=a', '?store_id=0', `?store_id=${empty.store_id}`]) {
        expect([query, refused(await user.send('GET', `/supporters${query}`))]).toEqual([query, 400]);
      }
      const visitor = await customer(empty.app);
      for (const store of [empty.store_id, demo.store_id]) {
        expect(refused(await visitor.send('GET', `/supporters?store_id=${store}`))).toBe(400);
      }
      expect(refused(await app.send('GET', `/supporters?store_id=${demo.store_id}`))).toBe(401);
    });
  });

  it('lists only messages with the supporters of a store when store is given (G-35)', async () => {
    const { app, store_id, sellers } = await createTenant(place, ['甲', '乙']);
    const [first, second] = sellers as [number, number];
    const visitor = await customer(app);
    const gid = await app.group(first, [first, visitor.uid]);
    await app.peer(visitor.uid, first, '1');
    await app.peer(newUid(), visitor.uid, 'from a stranger');
    await app.peer(second, visitor.uid, '2');
    await app.say(first, gid, 'in a group');
    const contents = async (query: string) =>
      (await visitor.do('GET', `/messages${query}`)).map(({ content }: { content: string }) => content);
    expect(await contents(`?store=${store_id}`)).toEqual(['1', '2']);
    expect(await contents('?store=987654321')).toEqual([]);
    expect(await contents(`?store=${place.demo.store_id}`)).toEqual([]);
    expect(await contents('')).toEqual(['1', 'from a stranger', '2', 'in a group']);
  });
});

/** The risk of customer tokens without authentication (G-39). */
describeApps(
  'limits of customer tokens',
  (place) => {
    const from = (address: string, customer_id?: string, more: Record<string, string> = {}) => {
      const { app } = place;
      const headers = { 'X-Forwarded-For': address, ...more };
      return call(app.url, 'POST', '/auth/customer', { json: { appid: app.appid, customer_id }, headers });
    };

    it('is limited for each address, which many visitors may share', async () => {
      const tries = await Promise.all(Array.from({ length: 50 }, () => from('192.0.2.1', key())));
      expect(new Set(tries.map(({ status }) => status))).toEqual(new Set([200]));
      const reply = await from('192.0.2.1', key());
      expect(refused(reply)).toBe(429);
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await from('192.0.2.1')).status).toBe(429);
      expect((await from('192.0.2.2', key())).status).toBe(200);
    });

    it('is limited for all addresses of an IPv6 network together', async () => {
      const tries = await Promise.all(
        Array.from({ length: 50 }, (_, host) => from(`2001:db8:7:7::${host + 1}`, key())),
      );
      expect(new Set(tries.map(({ status }) => status))).toEqual(new Set([200]));
      expect(refused(await from('2001:db8:7:7:ffff::1', key()))).toBe(429);
      expect((await from('2001:db8:7:8::1', key())).status).toBe(200);
    });

    it('is limited for each customer, from all addresses together', async () => {
      const victim = key();
      for (let time = 0; time < 5; time++) expect((await from(`198.51.100.${time}`, victim)).status).toBe(200);
      expect(refused(await from('198.51.100.99', victim))).toBe(429);
      expect((await from('198.51.100.99', key())).status).toBe(200);
    });

    it("is not limited for the app's own server, which fetches tokens for all visitors", async () => {
      const { app, other } = place;
      const address = '203.0.113.1';
      for (let time = 0; time < 60; time++) expect((await from(address, 'one', app.headers)).status).toBe(200);
      const wrong = { Authorization: `Basic ${btoa(`${app.appid}:${md5('guess')}`)}` };
      for (const [index, headers] of [{}, wrong, other.headers, { Authorization: 'Basic %%%' }].entries()) {
        const elsewhere = `203.0.113.${index + 2}`;
        const tries = await Promise.all(Array.from({ length: 51 }, () => from(elsewhere, key(), headers)));
        expect(tries.filter(({ status }) => status === 429)).toHaveLength(1);
      }
      expect((await from(address, 'one', app.headers)).status).toBe(200);
    });
  },
  { CUSTOMER_LIMIT: '5', TRUST_PROXY: '1' },
);

describeApps(
  'customers of an installation that lets only servers get tokens',
  (place) => {
    it('get none by themselves, with or without a customer_id (G-39)', async () => {
      const { app, other } = place;
      const ask = (headers: Record<string, string>, customer_id?: string) =>
        call(app.url, 'POST', '/auth/customer', { json: { appid: app.appid, customer_id }, headers });
      const wrong = { Authorization: `Basic ${btoa(`${app.appid}:${md5('guess')}`)}` };
      for (const headers of [{}, wrong, other.headers]) {
        expect(refused(await ask(headers))).toBe(400);
        expect(refused(await ask(headers, key()))).toBe(400);
      }
      expect((await ask(app.headers, key())).status).toBe(200);
    });
  },
  { OPEN_CUSTOMERS: '0' },
);
