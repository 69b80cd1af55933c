import { describe, expect, it } from 'vitest';
import type { CommandRow } from '../../src/commands.ts';
import { ucenter } from '../../src/ucenter/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { meanwhile } from '../support/meanwhile.ts';
import { type App, expectRefused, expectSuccess, expectToken, newPhone, type Schemas, useCentre } from './centre.ts';

// Commands for operators and their effect on the API.
describeEachDatabase('commands', (databases) => {
  const centre = useCentre(databases);

  async function run<Row = CommandRow>(
    kind: string,
    action: string,
    options: Record<string, unknown> = {},
  ): Promise<Row> {
    const command = ucenter.commands?.[kind]?.[action];
    if (command === undefined) throw new Error(`There is no command ${kind} ${action}`);
    return (await command.run(options, centre.server.context)) as Row;
  }
  const createApp = async (developer = centre.credentials.user.username, given = {}): Promise<App> => {
    const redirect_uri = 'https://new.example/callback';
    const options = { name: '新应用', 'redirect-uri': [redirect_uri], developer, ...given };
    return { ...(await run<App>('app', 'create', options)), redirect_uri };
  };

  describe('an application', () => {
    it('is created with a secret and a developer, and works at once', async () => {
      const app = await createApp();
      expect(app.client_id).toMatch(/^UC[0-9a-f]{13}$/);
      const token = await centre.signIn(centre.credentials.user, app);
      const { roles } = expectSuccess(await centre.get<Schemas['UserRoles']>('/api/user/role', token), '获取角色成功');
      expect(roles.map(({ name }) => name)).toEqual(['developer']);
      expectSuccess(await centre.get('/api/role', token), '获取角色成功');
      expectToken(await centre.grant(centre.codeFields(await centre.code({}, app), app)), true);
      expect(await run<CommandRow[]>('app', 'list')).toContainEqual(
        expect.objectContaining({ client_id: app.client_id }),
      );
    });

    it('has the password grant unless it is switched off', async () => {
      const app = await createApp(undefined, { 'password-grant': '0' });
      const grant = () => centre.grant(centre.passwordFields(centre.credentials.user, app));
      expectRefused(await grant(), 400, '参数错误, grant_type');
      await centre.appToken(app);
      const on = { id: app.client_id, 'password-grant': '1' };
      expect(await run('app', 'update', on)).toEqual({ client_id: app.client_id, password_grant: true });
      expectToken(await grant(), true);
      await run('app', 'update', { ...on, 'password-grant': '0' });
      expectRefused(await grant(), 400, '参数错误, grant_type');
      await expect(run('app', 'update', { ...on, id: 'unknown' })).rejects.toThrow('There is no application unknown');
      await expect(run('app', 'update', { ...on, 'password-grant': 'no' })).rejects.toThrow('--password-grant must be');
    });

    it('keeps a given client_id and client_secret', async () => {
      const given = { client_id: `old-${newPhone()}`, client_secret: 'Old+secret/with%41=signs&more' };
      const options = { 'client-id': given.client_id, 'client-secret': given.client_secret };
      const app = await createApp(undefined, options);
      expect(app).toMatchObject(given);
      await centre.appToken(app);
      const token = await centre.signIn(centre.credentials.user, app);
      expectSuccess(await centre.get('/api/role', token), '获取角色成功');
      const again = createApp(undefined, options);
      await expect(again).rejects.toThrow(`There is an application ${given.client_id} already`);
    });

    it('can be limited to some scopes', async () => {
      const app = await createApp(undefined, { scopes: 'user_info record_write' });
      const token = await centre.signIn(centre.credentials.user, app);
      expectSuccess(await centre.post('/api/log', { type: 'A', title: 'a', data: 'b' }, token), '记录成功');
      expectRefused(await centre.put('/api/user', { sex: '男' }, token), 403, '权限范围不足, user_details');
      for (const scopes of ['', 'everything', 'user_info everything'])
        await expect(createApp(undefined, { scopes })).rejects.toThrow('--scopes must be some of user_info');
    });

    it('takes no client_id or client_secret that a client cannot send', async () => {
      for (const value of ['a b', 'a\n', '编号', 'x'.repeat(129)])
        await expect(createApp(undefined, { 'client-id': value })).rejects.toThrow('--client-id must be at most 128');
      for (const value of ['a b', '\t', 'x'.repeat(257)])
        await expect(createApp(undefined, { 'client-secret': value })).rejects.toThrow(
          '--client-secret must be at most',
        );
    });

    it('does not become the default application: new users are `common` in the oldest one', async () => {
      const app = await createApp();
      const user = await centre.register();
      const rolesIn = async (where: App) =>
        (await centre.get<Schemas['UserRoles']>('/api/user/role', await centre.signIn(user, where))).data.roles.length;
      expect([await rolesIn(centre.app), await rolesIn(app)]).toEqual([1, 0]);
    });

    it('requires a valid redirect URI and an existing developer', async () => {
      await expect(createApp('nobody')).rejects.toThrow('nobody');
      for (const uri of [
        'javascript:alert(1)',
        '/callback',
        'https://a.example/#x',
        'urn:ietf:wg:oauth:2.0:oob',
        'jar:https://a.example/x!/y',
        'http://a.example/',
      ]) {
        const options = { name: 'x', 'redirect-uri': [uri], developer: 'admin' };
        await expect(run('app', 'create', options)).rejects.toThrow('--redirect-uri');
      }
    });

    it('is deleted with its data, while other applications stay', async () => {
      const app = await createApp();
      const token = await centre.signIn(centre.credentials.user, app);
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      const { file_path } = (await centre.request<Schemas['UploadedFile']>('POST', '/api/file', { token, multipart }))
        .data;
      await centre.post('/api/log', { type: 'S', title: 'x', data: 'x' }, token);
      await centre.post('/api/sms/code', { phone: newPhone() }, token);
      await centre.post('/api/email', { email: 'a@example.com', subject: 'x', content: 'x' }, token);
      await centre.post('/api/role', { name: 'x', title: 'x' }, token);
      await centre.post('/api/permission', { name: 'x', title: 'x' }, token);
      await run('app', 'delete', { id: app.client_id });
      expect(await centre.statusOf(token)).toBe(401);
      expectRefused(await centre.grant(centre.passwordFields(undefined, app)), 401, '客户端认证失败');
      expect((await fetch(file_path)).status).toBe(404);
      expect(await centre.statusOf(await centre.signIn())).toBe(200);
      await expect(run('app', 'delete', { id: app.client_id })).rejects.toThrow(app.client_id);
    });

    it('takes no file while it is deleted', async () => {
      const app = await createApp();
      const token = await centre.signIn(centre.credentials.user, app);
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      const { database } = centre.server.context;
      meanwhile(database, 'insert into "files_unkept"', () => run('app', 'delete', { id: app.client_id }));
      expectRefused(await centre.request('POST', '/api/file', { token, multipart }), 401, 'access_token错误');
      const files = centre.database.selectFrom('ucenter_files').where('client_id', '=', app.client_id);
      expect(await files.selectAll().execute()).toEqual([]);
    });
  });

  it('creates, lists and deletes a developer, with immediate effect', async () => {
    const app = await createApp();
    const user = await centre.register();
    const token = await centre.signIn(user, app);
    const options = { app: app.client_id, user: user.phone };
    expectRefused(await centre.get('/api/role', token), 403, '无权访问');
    await run('developer', 'create', options);
    await run('developer', 'create', options);
    expectSuccess(await centre.get('/api/role', token), '获取角色成功');
    const names = async () =>
      (await run<{ username: string }[]>('developer', 'list', { app: app.client_id })).map(({ username }) => username);
    expect(await names()).toEqual(expect.arrayContaining([user.username, centre.credentials.user.username]));
    await run('developer', 'delete', options);
    expectRefused(await centre.get('/api/role', token), 403, '无权访问');
    expect(await names()).toEqual([centre.credentials.user.username]);
  });

  describe('a user', () => {
    it('is created, signs in, and is deleted with everything', async () => {
      const phone = newPhone();
      const username = `name-${phone}`;
      const user = { username, password: 'a password', phone, email: `${phone}@example.com` };
      await run('user', 'create', user);
      for (const login of [username, phone, user.email])
        expectToken(await centre.grant(centre.passwordFields({ ...user, username: login })), true);
      const token = await centre.signIn(user);
      const browser = await centre.signedIn(user);
      await centre.put('/api/user', { sex: '女' }, token);
      await run('user', 'delete', { user: phone });
      expect(await centre.statusOf(token)).toBe(401);
      expectRefused(await centre.grant(centre.passwordFields(user)), 401, '用户名或密码错误。');
      expect((await browser.visit(`${centre.url}/oauth/account`)).url.pathname).toBe('/ucenter/oauth/sign_in');
      // The name, phone and e-mail address are free again.
      await run('user', 'create', user);
      const { details } = await centre.profileOf(await centre.signIn(user));
      expect(details.sex.value).toBe('');
    });

    const newUser = () => {
      const phone = newPhone();
      return { username: `name-${phone}`, password: 'a password', phone };
    };

    it('keeps a given id, and the next ids follow the largest', async () => {
      const { id: last = 0 } = await run<{ id: number }>('user', 'create', newUser());
      const brought = [7, last + 1, last + 5000, last + 3000];
      for (const id of brought) {
        const user = newUser();
        expect(await run('user', 'create', { ...user, id: String(id) })).toMatchObject({ id });
        expect((await centre.profileOf(await centre.signIn(user))).user_id).toBe(id);
      }
      const [registered, made] = [await centre.register(), await run<{ id: number }>('user', 'create', newUser())];
      expect([registered.user_id, made.id]).toEqual([last + 5001, last + 5002]);
      expect((await centre.profileOf(await centre.signIn(registered))).user_id).toBe(registered.user_id);
    });

    it('refuses a used id, a used name and an id out of range', async () => {
      const { id: taken } = await run<{ id: number }>('user', 'create', newUser());
      const again = { ...newUser(), id: String(taken) };
      await expect(run('user', 'create', again)).rejects.toThrow(`There is a user ${taken} already`);
      const user = newUser();
      await run('user', 'create', user);
      const other = { ...user, id: String(taken + 1_000_000) };
      await expect(run('user', 'create', other)).rejects.toThrow('The user name, phone or e-mail address is taken');
      for (const id of ['0', '-1', '1.5', '1e3', '0x10', ' 7', '007', 'seven', '2000000001', '9'.repeat(30)])
        await expect(run('user', 'create', { ...newUser(), id })).rejects.toThrow('--id must be a whole number from 1');
      // The refused commands left nothing behind, and ids go on.
      expect((await run<{ id: number }>('user', 'create', newUser())).id).toBeLessThan(taken + 10);
      expectRefused(await centre.grant(centre.passwordFields(again)), 401);
    });

    it('needs an unused name and phone, and a name that is neither an address nor a phone', async () => {
      const taken = await centre.register();
      for (const user of [
        { username: taken.username, phone: taken.phone },
        { username: `x-${taken.phone}`, phone: taken.phone },
        { username: newPhone() },
        { username: 'a@b' },
        { username: 'x', phone: '123' },
      ])
        await expect(run('user', 'create', { password: 'a password', ...user })).rejects.toThrow(/\S/);
    });
  });

  describe('a field of profiles', () => {
    it('appears in every profile, can be filled in, and is deleted with its values', async () => {
      const { token } = await centre.newUser();
      await run('field', 'create', { name: 'hobby', title: '爱好' });
      expect((await centre.profileOf(token)).details).toMatchObject({ hobby: { title: '爱好', value: '' } });
      const answer = await centre.put<Schemas['User']>('/api/user', { hobby: '围棋' }, token);
      expect(expectSuccess(answer, '修改成功').details).toMatchObject({ hobby: { title: '爱好', value: '围棋' } });
      expect(Object.keys((await centre.profileOf(token)).details)).toEqual([
        'position',
        'address',
        'department',
        'school',
        'sex',
        'hobby',
      ]);
      await expect(run('field', 'create', { name: 'hobby', title: '又' })).rejects.toThrow('hobby');
      await run('field', 'delete', { name: 'hobby' });
      expect((await centre.profileOf(token)).details).not.toHaveProperty('hobby');
    });

    it('needs an unused name; fields of the document cannot be deleted', async () => {
      for (const name of ['Hobby', 'a-b', '1', 'phone', 'access_token', 'password', '__proto__'])
        await expect(run('field', 'create', { name, title: 'x' })).rejects.toThrow(/\S/);
      for (const name of ['position', 'sex', 'nothing'])
        await expect(run('field', 'delete', { name })).rejects.toThrow(name);
    });
  });
});
