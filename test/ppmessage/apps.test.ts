import { describe, expect, it } from 'vitest';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { credentialsOf, furnish, read, useDesk } from './desk.ts';

// P-31, P-29.
describeEachDatabase('ppmessage: apps', (databases) => {
  const desk = useDesk(databases);

  it('reads an app without its secret', async () => {
    const { app_key, ...app } = await desk.kefu.ok('PP_GET_APP_INFO', {});
    expect(app).toMatchObject({ uuid: desk.app_uuid, user_uuid: desk.owner.user_uuid });
    expect(app).not.toHaveProperty('app_secret');
    expect(JSON.stringify(app)).not.toContain(desk.credentials.api_secret);
    expect(app_key).toEqual(expect.any(String));
  });

  describe('PP_UPDATE_APP_INFO', () => {
    it('changes only the fields in the request, and returns the whole record', async () => {
      const before = await desk.kefu.ok('PP_GET_APP_INFO', {});
      const change = {
        app_name: '新名字',
        company_name: '公司',
        welcome_message: '欢迎',
        offline_message: '下班了',
        return_offline_message: !before.return_offline_message,
        show_ppcom_hover: 'ONCE' as const,
        ppcom_launcher_style: 'ANIMATE' as const,
        ppcom_launcher_color: '#123456',
        ppcom_powered_by_visible: !before.ppcom_powered_by_visible,
        app_icon: 'https://shop.example/icon.png',
      };
      const { uri: _, updatetime: __, ...after } = await desk.console.ok('PP_UPDATE_APP_INFO', change);
      const { uri: ___, updatetime: ____, ...rest } = before;
      expect(after).toEqual({ ...rest, ...change });
      expect(await desk.kefu.ok('PP_GET_APP_INFO', {})).toMatchObject(after);
    });

    it('clears a value with null, and ignores unknown fields', async () => {
      const fields = { company_name: null, not_a_column: 'x' } as const;
      const after = await desk.console.ok('PP_UPDATE_APP_INFO', fields);
      expect(after.company_name).toBeNull();
      expect(after).not.toHaveProperty('not_a_column');
    });

    it('returns 33 for no change, 44 for a wrong value, 28 for long text', async () => {
      expect(await desk.console.code('PP_UPDATE_APP_INFO', {})).toBe('33');
      expect(await desk.console.code('PP_UPDATE_APP_INFO', { uuid: 'x', user_uuid: 'y' })).toBe('33');
      expect(await desk.console.code('PP_UPDATE_APP_INFO', { show_ppcom_hover: 'SOMETIMES' })).toBe('44');
      expect(await desk.console.code('PP_UPDATE_APP_INFO', { app_name: 'x'.repeat(65) })).toBe('28');
      expect(await desk.console.code('PP_UPDATE_APP_INFO', { return_offline_message: 'yes' })).toBe('28');
    });

    it('accepts booleans as the original’s lists print them', async () => {
      const fields = {
        return_offline_message: 'True',
        ppcom_powered_by_visible: 0,
      } as const;
      const on = { return_offline_message: true, ppcom_powered_by_visible: false };
      expect(await desk.console.ok('PP_UPDATE_APP_INFO', fields)).toMatchObject(on);
      const off = await desk.console.ok('PP_UPDATE_APP_INFO', { return_offline_message: 'false' });
      expect(off.return_offline_message).toBe(false);
    });
  });

  describe('a new app', () => {
    it('has its owner as its only agent, and two keys for signing in', async () => {
      const made = await desk.console.ok('PP_CREATE_APP', {
        user_uuid: desk.owner.user_uuid,
        app_name: '第二团队',
        user_fullname: '老板',
      });
      expect(made).toMatchObject({ app_name: '第二团队', user_uuid: desk.owner.user_uuid });
      expect(made.ppkefu_thirdparty.api_level).toBe('THIRD_PARTY_KEFU');
      expect(made.ppconsole_thirdparty.api_level).toBe('THIRD_PARTY_CONSOLE');
      const console = await desk.seat(desk.owner, made.ppconsole_thirdparty);
      expect(console.app_uuid).toBe(made.uuid);
      const { list } = await console.ok('PP_GET_APP_SERVICE_USER_LIST', {});
      expect(list).toMatchObject([{ user_fullname: '老板', is_owner_user: true, is_service_user: true }]);
      expect(await console.ok('PP_GET_APP_INFO', {})).toMatchObject({ uuid: made.uuid, user_uuid: console.user_uuid });
      const kefu = await desk.seat(desk.owner, made.ppkefu_thirdparty);
      expect((await kefu.ok('PP_GET_APP_INFO', {})).uuid).toBe(made.uuid);
    });

    it('rejects the tokens of the old app', async () => {
      const app = await desk.newApp();
      expect(await desk.console.code('PP_GET_APP_INFO', { app_uuid: app.app_uuid })).toBe('20');
      expect(await app.console.code('PP_GET_APP_INFO', { app_uuid: desk.app_uuid })).toBe('20');
    });

    it('leaves the name of its owner in the old app', async () => {
      const before = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: desk.owner.user_uuid });
      await desk.console.ok('PP_CREATE_APP', {
        user_uuid: desk.owner.user_uuid,
        app_name: '第三团队',
        user_fullname: '别的名字',
      });
      const after = await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid: desk.owner.user_uuid });
      expect(after.user_fullname).toBe(before.user_fullname);
    });
  });

  it('shows the keys only to the owner', async () => {
    const app = await desk.newApp();
    const { ppkefu_thirdparty, ppconsole_thirdparty } = await app.console.ok('PP_GET_API_INFO', {
      user_uuid: app.owner.user_uuid,
    });
    expect(ppkefu_thirdparty).toEqual(app.keys.kefu);
    expect(ppconsole_thirdparty).toEqual(app.keys.console);
    expect(await app.console.code('PP_GET_API_INFO', { user_uuid: app.agent.user_uuid })).toBe('39');
  });

  it('returns the owned app if it is the token’s, and 13 otherwise', async () => {
    await desk.newApp();
    const { app } = await desk.kefu.ok('PP_GET_APP_OWNED_BY_USER', { user_uuid: desk.owner.user_uuid });
    expect(app.uuid).toBe(desk.app_uuid);
    expect(await desk.kefu.code('PP_GET_APP_OWNED_BY_USER', { user_uuid: desk.agent.user_uuid })).toBe('13');
  });

  describe('a removed app', () => {
    it('is gone with its keys, tokens, users and everything in it', async () => {
      const app = await desk.newApp();
      await furnish(app);
      expect(await app.console.code('PP_REMOVE_APP', { user_uuid: app.agent.user_uuid })).toBe('39');
      await app.console.ok('PP_REMOVE_APP', { user_uuid: app.owner.user_uuid });
      for (const seat of [app.console, app.kefu]) expect(await seat.code('PP_GET_APP_INFO', {})).toBe('4');
      const page = await desk.postForm('/ppauth/auth', {
        ...desk.request(app.keys.kefu),
        ...credentialsOf(app.agent),
      });
      expect(page.status).toBe(400);
      expect(await desk.console.code('PP_GET_APP_INFO', { app_uuid: app.app_uuid })).toBe('13');
      // Its rows follow in steps.
      await ppmessage.deleteExpired?.(desk.database, desk.server.context.clock.now());
      for (const table of [
        'ppmessage_users',
        'ppmessage_devices',
        'ppmessage_messages',
        'ppmessage_pushes',
        'ppmessage_conversations',
        'ppmessage_groups',
        'ppmessage_keys',
      ] as const) {
        const left = await desk.database.selectFrom(table).selectAll().where('app_uuid', '=', app.app_uuid).execute();
        expect([table, left.length]).toEqual([table, 0]);
      }
    });

    it('ends its streams, and the sign-ins of its own programs, at once', async () => {
      const app = await desk.newApp();
      const { ppkefu } = await app.console.ok('PP_GET_API_INFO', { user_uuid: app.owner.user_uuid });
      const stream = await fetch(`${desk.url}/events`, { headers: app.kefu.headers });
      const ended = stream.text();
      const { user_email, user_password } = app.agent;
      const form = { grant_type: 'password', client_id: ppkefu.api_key, user_email, user_password };
      const signIn = async () => (await desk.postForm('/ppauth/token', form).then(read)).body.error_code;
      expect(await signIn()).toBe(0);
      await app.console.ok('PP_REMOVE_APP', { user_uuid: app.owner.user_uuid });
      expect(await signIn()).toBe(-1);
      expect(await ended).toContain('event: connected');
    });

    it('leaves its owner’s other apps', async () => {
      const app = await desk.newApp();
      await app.console.ok('PP_REMOVE_APP', { user_uuid: app.owner.user_uuid });
      await desk.console.ok('PP_GET_APP_INFO', {});
      await desk.submit({ ...desk.request(), ...credentialsOf(desk.owner) });
    });

    it('ends its unused codes', async () => {
      const app = await desk.newApp();
      const code = await desk.code(app.agent, app.keys.kefu);
      await app.console.ok('PP_REMOVE_APP', { user_uuid: app.owner.user_uuid });
      expect((await desk.token(code, app.keys.kefu)).body.access_token).toBeUndefined();
    });
  });

  describe('PP_LEAVE_APP', () => {
    it('removes users in order, and stops at the first who cannot leave', async () => {
      const [one, two] = [await desk.newAgent(), await desk.newAgent()];
      const user_list = [one.person.user_uuid, desk.owner.user_uuid, two.person.user_uuid];
      expect(await desk.console.code('PP_LEAVE_APP', { user_list })).toBe('38');
      const agents = (await desk.kefu.ok('PP_GET_APP_SERVICE_USER_LIST', {})).list.map(({ uuid }) => uuid);
      expect(agents).not.toContain(one.person.user_uuid);
      expect(agents).toEqual(expect.arrayContaining([desk.owner.user_uuid, two.person.user_uuid]));
      expect(await one.seat.code('PP_GET_APP_INFO', {})).toBe('4');
      expect(await two.seat.code('PP_GET_APP_INFO', {})).toBe('0');
    });

    it('frees the e-mail address', async () => {
      const { person } = await desk.newAgent();
      const { user_email } = person;
      expect((await desk.console.ok('PP_IS_EMAIL_VALID', { user_email })).valid).toBe(false);
      await desk.console.ok('PP_LEAVE_APP', { user_list: [person.user_uuid] });
      expect((await desk.console.ok('PP_IS_EMAIL_VALID', { user_email })).valid).toBe(true);
      await desk.console.ok('PP_CREATE_USER', { user_email, user_fullname: '回来了' });
    });
  });

  it('allows calls from a page of any origin', async () => {
    const headers = { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' };
    const preflight = await fetch(`${desk.url}/api/PP_GET_APP_INFO`, { method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/shop\.example)$/);
    const answer = await fetch(`${desk.url}/api/PP_GET_APP_INFO`, {
      method: 'POST',
      headers: { ...desk.kefu.headers, 'Content-Type': 'application/json', Origin: 'https://shop.example' },
      body: JSON.stringify({ app_uuid: desk.app_uuid }),
    });
    expect(answer.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/shop\.example)$/);
    expect((await read(answer)).body.error_code).toBe('0');
  });
});

// P-55.
describeEachDatabase('ppmessage: apps of one user', (databases) => {
  const desk = useDesk(databases, { PPMESSAGE_APP_LIMIT: '3' });

  it('are limited, also when they are created at once', async () => {
    const { user_uuid } = desk.owner;
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => desk.console.code('PP_CREATE_APP', { user_uuid, app_name: '又一个团队' })),
    );
    // The owner has the demo app already.
    expect(codes.sort()).toEqual(['0', '0', '20', '20', '20']);
  });
});
