import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { newDevice, Seat, useDesk } from './desk.ts';

// P-26 to P-30.
describeEachDatabase('ppmessage: users', (databases) => {
  const desk = useDesk(databases);
  const newEmail = () => `${randomUUID()}@shop.example`;
  const canSignIn = async (user_email: string, user_password: string) =>
    (await desk.postForm('/ppauth/auth', { ...desk.request(), user_email, user_password })).status === 302;

  it('lists the agents of the app with the owner, and no customer', async () => {
    const customer = await desk.kefu.newCustomer();
    const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
    const uuids = list.map(({ uuid }) => uuid);
    for (const { user_uuid } of [desk.owner, desk.agent, desk.otherAgent]) expect(uuids).toContain(user_uuid);
    expect(uuids).not.toContain(customer);
    expect(list.filter(({ is_owner_user }) => is_owner_user).map(({ uuid }) => uuid)).toEqual([desk.owner.user_uuid]);
    expect(list.every(({ is_service_user }) => is_service_user)).toBe(true);
    expect(new Set(uuids).size).toBe(uuids.length);
  });

  describe('a new user', () => {
    it('is a customer by default', async () => {
      const user_email = newEmail();
      const made = await desk.console.ok('PP_CREATE_USER', { user_email, user_fullname: '顾客' });
      expect(made).toMatchObject({
        user_email,
        user_name: user_email,
        user_fullname: '顾客',
        user_status: 'THIRDPARTY',
        is_anonymous_user: false,
      });
      const info = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: made.uuid });
      expect(info).toMatchObject({ is_service_user: false, is_owner_user: false, user_email });
    });

    it('is an agent by any spelling of true', async () => {
      for (const [is_service_user, isAgent] of [
        ['True', true],
        ['1', true],
        [1, true],
        ['False', false],
        ['0', false],
        [0, false],
      ] as const) {
        const fields = {
          user_email: newEmail(),
          user_fullname: '新人',
          user_language: 'zh_cn',
          user_status: 'SERVICE',
        } as const;
        const made = await desk.console.ok('PP_CREATE_USER', { ...fields, is_service_user });
        expect(made).toMatchObject({ user_language: 'zh_cn', user_status: 'SERVICE' });
        const info = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: made.uuid });
        expect([is_service_user, info.is_service_user]).toEqual([is_service_user, isAgent]);
      }
    });

    it('signs in with the password, which no answer contains', async () => {
      const [user_email, user_password] = [newEmail(), '一个密码 with blanks'];
      const fields = { user_email, user_password, user_fullname: '客服', is_service_user: true };
      const { body } = await desk.console.post('PP_CREATE_USER', { app_uuid: desk.app_uuid, ...fields });
      expect(JSON.stringify(body)).not.toContain('密码');
      expect(await canSignIn(user_email, user_password)).toBe(true);
      expect(await canSignIn(user_email, 'another')).toBe(false);
    });

    it('signs in with the password as text and as SHA-1', async () => {
      const [first, second] = ['password', '第二个'];
      const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
      for (const [one, other] of [
        [sha1(first), sha1(second).toUpperCase()],
        [first, second],
      ] as const) {
        const user_email = newEmail();
        const fields = { user_email, user_password: one, user_fullname: '客服', is_service_user: true };
        const { uuid: user_uuid } = await desk.console.ok('PP_CREATE_USER', fields);
        for (const password of [first, sha1(first)]) expect(await canSignIn(user_email, password)).toBe(true);
        await desk.console.ok('PP_UPDATE_USER', { user_uuid, old_password: sha1(first), new_password: other });
        for (const password of [second, sha1(second)]) expect(await canSignIn(user_email, password)).toBe(true);
        for (const password of [first, sha1(first)]) expect(await canSignIn(user_email, password)).toBe(false);
      }
    });

    it('cannot sign in with an empty password, not even as its SHA-1', async () => {
      const [user_email, user_password] = [newEmail(), 'da39a3ee5e6b4b0d3255bfef95601890afd80709'];
      await desk.console.ok('PP_CREATE_USER', {
        user_email,
        user_password,
        user_fullname: '客服',
        is_service_user: true,
      });
      expect(await canSignIn(user_email, '')).toBe(false);
    });

    it('returns 22 for a known e-mail address in any case', async () => {
      const { user_email } = desk.agent;
      for (const taken of [user_email, user_email.toUpperCase()])
        expect(await desk.console.code('PP_CREATE_USER', { user_email: taken, user_fullname: 'x' })).toBe('22');
    });

    it('can have an e-mail address that another app has', async () => {
      const { agent } = await desk.otherApp();
      await desk.console.ok('PP_CREATE_USER', { user_email: agent.user_email, user_fullname: '同名' });
    });

    it('returns 44 for a wrong e-mail address or status, and 28 for a long address', async () => {
      expect(await desk.console.code('PP_CREATE_USER', { user_email: 'no address', user_fullname: 'x' })).toBe('44');
      const long = `${'x'.repeat(60)}@shop.example`;
      expect(await desk.console.code('PP_CREATE_USER', { user_email: long, user_fullname: 'x' })).toBe('28');
      const owner = { user_email: newEmail(), user_fullname: 'x', user_status: 'KING' };
      expect(await desk.console.code('PP_CREATE_USER', owner)).toBe('44');
    });
  });

  describe('PP_GET_USER_UUID', () => {
    it('creates a customer once, and keeps the first name and icon', async () => {
      const user_email = newEmail();
      const first = { user_email, user_fullname: '甲', user_icon: 'https://shop.example/a.png' };
      const { user_uuid } = await desk.console.ok('PP_GET_USER_UUID', first);
      const again = await desk.console.ok('PP_GET_USER_UUID', { user_email, user_fullname: '乙' });
      expect(again.user_uuid).toBe(user_uuid);
      const upper = await desk.console.ok('PP_GET_USER_UUID', { user_email: user_email.toUpperCase() });
      expect(upper.user_uuid).toBe(user_uuid);
      const info = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
      expect(info).toMatchObject({ user_fullname: '甲', user_icon: first.user_icon, is_service_user: false });
    });

    it('names a customer after the part before the @ by default', async () => {
      const user_email = newEmail();
      const { user_uuid } = await desk.console.ok('PP_GET_USER_UUID', { user_email });
      const { user_fullname } = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
      expect(user_fullname).toBe(user_email.split('@')[0]);
    });

    it('returns 29 for an agent', async () => {
      expect(await desk.console.code('PP_GET_USER_UUID', { user_email: desk.owner.user_email })).toBe('29');
    });

    it('creates another customer in another app', async () => {
      const user_email = newEmail();
      const { console } = await desk.otherApp();
      const here = await desk.console.ok('PP_GET_USER_UUID', { user_email });
      const there = await console.ok('PP_GET_USER_UUID', { user_email });
      expect(here.user_uuid).not.toBe(there.user_uuid);
    });
  });

  it('finds an anonymous customer by ppcom_trace_uuid', async () => {
    const ppcom_trace_uuid = randomUUID();
    const one = await desk.kefu.ok('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid });
    const two = await desk.console.ok('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid });
    expect(two).toEqual(one);
    const other = await desk.kefu.ok('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: randomUUID() });
    expect(other.user_uuid).not.toBe(one.user_uuid);
    const info = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: one.user_uuid });
    expect(info).toMatchObject({ is_anonymous_user: true, ppcom_trace_uuid, is_service_user: false });
    const there = await (await desk.otherApp()).kefu.ok('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid });
    expect(there.user_uuid).not.toBe(one.user_uuid);
  });

  it('returns times in seconds in PP_GET_USER_INFO and as text in PP_GET_USER_DETAIL, and no password', async () => {
    const { user_uuid } = desk.agent;
    const info = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
    const detail = await desk.kefu.ok('PP_GET_USER_DETAIL', { user_uuid, return_password: true });
    expect(info.createtime).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    expect(info.createtime).toBeGreaterThan(1_600_000_000);
    expect(detail.createtime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d{6}$/);
    const [seconds] = detail.createtime.split('.');
    expect(Math.floor(Date.parse(`${(seconds as string).slice(0, 19).replace(' ', 'T')}Z`) / 1000)).toBe(
      info.createtime,
    );
    for (const record of [info, detail]) expect(Object.keys(record).join()).not.toMatch(/password/);
    expect(await desk.kefu.code('PP_GET_USER_DETAIL', { user_uuid: randomUUID() })).toBe('18');
  });

  describe('PP_UPDATE_USER', () => {
    it('changes only the fields in the request', async () => {
      const { person, seat } = await desk.newAgent();
      const { user_uuid } = person;
      const before = await seat.ok('PP_GET_USER_INFO', { user_uuid });
      const change = {
        user_fullname: '新名',
        user_signature: '签名',
        user_icon: 'https://shop.example/i.png',
        user_mobile: '13800000000',
        user_qq: '1',
        user_language: 'en_us' as const,
        user_show_badge: !before.user_show_badge,
        user_defined: '{"a":1}',
      };
      await seat.ok('PP_UPDATE_USER', { user_uuid, ...change });
      const { updatetime: _, ...after } = await seat.ok('PP_GET_USER_INFO', { user_uuid });
      const { updatetime: __, ...rest } = before;
      expect(after).toEqual({ ...rest, ...change });
    });

    it('needs the old password, and accepts either name for the new one', async () => {
      const { person, seat } = await desk.newAgent();
      const { user_uuid, user_email, user_password } = person;
      const change = (fields: Record<string, unknown>) => seat.code('PP_UPDATE_USER', { user_uuid, ...fields });
      expect(await change({ old_password: 'wrong', user_password: 'b' })).toBe('10');
      expect(await change({ user_password: 'b' })).not.toBe('0');
      expect(await canSignIn(user_email, user_password)).toBe(true);
      expect(await change({ old_password: user_password, new_password: '第二个' })).toBe('0');
      expect([await canSignIn(user_email, '第二个'), await canSignIn(user_email, user_password)]).toEqual([
        true,
        false,
      ]);
      expect(await change({ old_password: '第二个', user_password: '第三个', new_password: '别的' })).toBe('0');
      expect(await canSignIn(user_email, '第三个')).toBe(true);
    });

    it('ends other tokens, codes and sign-ins in progress with a new password', async () => {
      const { person, seat } = await desk.newAgent();
      const { user_uuid, user_email, user_password } = person;
      const elsewhere = new Seat(desk.url, await desk.signIn(person));
      const code = await desk.code(person);
      const change = { user_uuid, old_password: user_password, new_password: '第二个' };
      await Promise.all([
        seat.ok('PP_UPDATE_USER', change),
        ...Array.from({ length: 12 }, () => canSignIn(user_email, user_password)),
      ]);
      expect(await elsewhere.code('PP_GET_USER_INFO', { user_uuid })).toBe('4');
      expect((await desk.token(code)).status).toBe(400);
      const codes = desk.database.selectFrom('oauth_codes').select('user_id').where('user_id', '=', user_uuid);
      expect(await codes.execute()).toEqual([]);
      await seat.ok('PP_GET_USER_INFO', { user_uuid });
    });

    it('changes the e-mail address that the user signs in with', async () => {
      const { person } = await desk.newAgent();
      const user_email = newEmail();
      await desk.console.ok('PP_UPDATE_USER', { user_uuid: person.user_uuid, user_email });
      expect(await canSignIn(user_email, person.user_password)).toBe(true);
      expect(await canSignIn(person.user_email, person.user_password)).toBe(false);
      const taken = { user_uuid: person.user_uuid, user_email: desk.agent.user_email };
      expect(await desk.console.code('PP_UPDATE_USER', taken)).toBe('22');
    });

    it('shows the change in lists', async () => {
      const { person, seat } = await desk.newAgent();
      await seat.ok('PP_UPDATE_USER', { user_uuid: person.user_uuid, user_fullname: '改过的名' });
      const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
      expect(list.find(({ uuid }) => uuid === person.user_uuid)?.user_fullname).toBe('改过的名');
    });

    it('changes is_distributor_user for a console', async () => {
      const { user_uuid } = (await desk.newAgent()).person;
      for (const is_distributor_user of [false, true]) {
        await desk.console.ok('PP_UPDATE_USER', { user_uuid, is_distributor_user });
        const { list } = await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {});
        expect(list.find(({ uuid }) => uuid === user_uuid)?.is_distributor_user).toBe(is_distributor_user);
      }
    });

    it('returns 33 for no change', async () => {
      expect(await desk.kefu.code('PP_UPDATE_USER', { user_uuid: desk.agent.user_uuid })).toBe('33');
      const old = { user_uuid: desk.agent.user_uuid, old_password: desk.agent.user_password };
      expect(await desk.kefu.code('PP_UPDATE_USER', old)).toBe('33');
    });

    it('does not make a customer an agent or owner', async () => {
      const user_uuid = await desk.kefu.newCustomer();
      await desk.kefu.post('PP_UPDATE_USER', {
        app_uuid: desk.app_uuid,
        user_uuid,
        user_fullname: 'x',
        is_service_user: true,
        is_owner_user: true,
      });
      const info = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid });
      expect([info.is_service_user, info.is_owner_user]).toEqual([false, false]);
    });
  });

  describe('PP_REMOVE_USER', () => {
    it('needs the password, and returns 38 for the owner', async () => {
      const { person } = await desk.newAgent();
      const { user_uuid, user_password } = person;
      expect(await desk.console.code('PP_REMOVE_USER', { user_uuid, user_password: 'wrong' })).toBe('10');
      await desk.console.ok('PP_GET_USER_INFO', { user_uuid });
      await desk.console.ok('PP_REMOVE_USER', { user_uuid, user_password });
      expect(await desk.console.code('PP_GET_USER_INFO', { user_uuid })).toBe('7');
      const owner = { user_uuid: desk.owner.user_uuid, user_password: desk.owner.user_password };
      expect(await desk.console.code('PP_REMOVE_USER', owner)).toBe('38');
    });

    it('deletes the pages that a customer visited, and ends the wait', async () => {
      const { app_uuid, console, kefu } = await desk.newApp();
      const user_uuid = await kefu.newCustomer();
      const device_uuid = await newDevice(kefu, user_uuid);
      const { ppcom } = await console.ok('PP_GET_API_INFO', { user_uuid: console.user_uuid });
      const widget = await desk.keySeat(ppcom);
      await widget.ok('PPCOM_TRACK_EVENT', { user_uuid, device_uuid, event_name: 'OPEN_PAGE', event_data: {} });
      await console.ok('PP_UPDATE_APP_INFO', { app_route_policy: 'SMART' });
      await widget.ok('PPCOM_GET_DEFAULT_CONVERSATION', { user_uuid });
      expect((await widget.ok('PP_GET_AMD_QUEUE_LENGTH', {})).length).toBe(1);
      await console.ok('PP_LEAVE_APP', { user_list: [user_uuid] });
      expect((await widget.ok('PP_GET_AMD_QUEUE_LENGTH', {})).length).toBe(0);
      const navigations = desk.database.selectFrom('ppmessage_navigations').select('uuid');
      expect(await navigations.where('app_uuid', '=', app_uuid).execute()).toEqual([]);
    });

    it('keeps the user’s messages', async () => {
      const { person, seat } = await desk.newAgent();
      const { user_uuid, user_password } = person;
      const customer = await seat.newCustomer();
      const conversation = await seat.newConversation(customer, [user_uuid, desk.agent.user_uuid]);
      await seat.say(conversation, user_uuid, '我要走了');
      await desk.console.ok('PP_REMOVE_USER', { user_uuid, user_password });
      expect(await desk.kefu.history(conversation)).toEqual(['我要走了']);
      expect((await desk.kefu.unacked(customer)).map(({ text }) => text)).toEqual(['我要走了']);
    });
  });

  it('says whether an e-mail address is free', async () => {
    const valid = async (user_email: string) => (await desk.console.ok('PP_IS_EMAIL_VALID', { user_email })).valid;
    expect(await valid(newEmail())).toBe(true);
    expect(await valid(desk.agent.user_email)).toBe(false);
    expect(await valid(desk.agent.user_email.toUpperCase())).toBe(false);
    expect(await valid('no address')).toBe(false);
  });
});
