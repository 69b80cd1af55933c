import { describe, expect, it } from 'vitest';
import type { AdminRow } from '../../src/http/admin.ts';
import { ucenter } from '../../src/ucenter/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type App, expectRefused, expectSuccess, expectToken, newPhone, type Schemas, useCentre } from './centre.ts';

// What operators do from the command line, seen from outside: facts, sections 6 and 8.
describeEachDatabase('commands', (databases) => {
  const centre = useCentre(databases);

  async function run<Row = AdminRow>(
    kind: string,
    action: string,
    options: Record<string, unknown> = {},
  ): Promise<Row> {
    const command = ucenter.commands?.[kind]?.[action];
    if (command === undefined) throw new Error(`There is no command ${kind} ${action}`);
    return (await command.run(options, centre.server.context)) as Row;
  }
  const createApp = async (developer = centre.credentials.user.username): Promise<App> => {
    const redirect_uri = 'https://new.example/callback';
    const options = { name: '新应用', 'redirect-uri': [redirect_uri], developer };
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
      expect(await run<AdminRow[]>('app', 'list')).toContainEqual(
        expect.objectContaining({ client_id: app.client_id }),
      );
    });

    it('is not the default one: who registers becomes `common` in the oldest', async () => {
      const app = await createApp();
      const person = await centre.register();
      const rolesIn = async (where: App) =>
        (await centre.get<Schemas['UserRoles']>('/api/user/role', await centre.signIn(person, where))).data.roles
          .length;
      expect([await rolesIn(centre.app), await rolesIn(app)]).toEqual([1, 0]);
    });

    it('needs an address that can be called back and a developer who exists', async () => {
      await expect(createApp('nobody')).rejects.toThrow('nobody');
      for (const uri of ['javascript:alert(1)', '/callback', 'https://a.example/#x', 'urn:ietf:wg:oauth:2.0:oob']) {
        const options = { name: 'x', 'redirect-uri': [uri], developer: 'admin' };
        await expect(run('app', 'create', options)).rejects.toThrow('--redirect-uri');
      }
    });

    it('takes everything along when it is deleted, and leaves the others alone', async () => {
      const app = await createApp();
      const token = await centre.signIn(centre.credentials.user, app);
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      const { file_path } = (await centre.request<Schemas['File']>('POST', '/api/file', { token, multipart })).data;
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
  });

  it('a developer is made, listed and unmade, at once', async () => {
    const app = await createApp();
    const person = await centre.register();
    const token = await centre.signIn(person, app);
    const options = { app: app.client_id, user: person.phone };
    expectRefused(await centre.get('/api/role', token), 403, '无权访问');
    await run('developer', 'create', options);
    await run('developer', 'create', options);
    expectSuccess(await centre.get('/api/role', token), '获取角色成功');
    const names = async () =>
      (await run<{ username: string }[]>('developer', 'list', { app: app.client_id })).map(({ username }) => username);
    expect(await names()).toEqual(expect.arrayContaining([person.username, centre.credentials.user.username]));
    await run('developer', 'delete', options);
    expectRefused(await centre.get('/api/role', token), 403, '无权访问');
    expect(await names()).toEqual([centre.credentials.user.username]);
  });

  describe('a user', () => {
    it('is created, signs in, and is gone with everything when deleted', async () => {
      const phone = newPhone();
      const username = `name-${phone}`;
      const person = { username, password: 'a password', phone, email: `${phone}@example.com` };
      await run('user', 'create', person);
      for (const login of [username, phone, person.email])
        expectToken(await centre.grant(centre.passwordFields({ ...person, username: login })), true);
      const token = await centre.signIn(person);
      const browser = await centre.signedIn(person);
      await centre.put('/api/user', { sex: '女' }, token);
      await run('user', 'delete', { user: phone });
      expect(await centre.statusOf(token)).toBe(401);
      expectRefused(await centre.grant(centre.passwordFields(person)), 401, '用户名或密码错误。');
      expect((await browser.visit(`${centre.url}/oauth/account`)).url.pathname).toBe('/ucenter/oauth/sign_in');
      // Name, phone and address are free again.
      await run('user', 'create', person);
      const { details } = await centre.profileOf(await centre.signIn(person));
      expect(details.sex.value).toBe('');
    });

    it('has to be somebody else than those who are there', async () => {
      const taken = await centre.register();
      for (const person of [
        { username: taken.username, phone: taken.phone },
        { username: `x-${taken.phone}`, phone: taken.phone },
        { username: newPhone() },
        { username: 'a@b' },
        { username: 'x', phone: '123' },
      ])
        await expect(run('user', 'create', { password: 'a password', ...person })).rejects.toThrow(/\S/);
    });
  });

  describe('a field of profiles', () => {
    it('is there for everybody, can be filled in, and goes with what was filled in', async () => {
      const { token } = await centre.newcomer();
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

    it('has a name that nothing else has; those of the document stay', async () => {
      for (const name of ['Hobby', 'a-b', '1', 'phone', 'access_token', 'password', '__proto__'])
        await expect(run('field', 'create', { name, title: 'x' })).rejects.toThrow(/\S/);
      for (const name of ['position', 'sex', 'nothing'])
        await expect(run('field', 'delete', { name })).rejects.toThrow(name);
    });
  });
});
