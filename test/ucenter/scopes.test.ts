import { expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { defaultScopes } from '../../src/ucenter/profile.ts';
import { textOf } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, expectRefused, expectSuccess, expectToken, newPhone, type Token, useCentre } from './centre.ts';

// What a token may do is what the consent page named (U-12).
describeEachDatabase('scopes', (databases) => {
  const centre = useCentre(databases);

  /** A token of a new user who allowed these scopes on the consent page. */
  async function consented(scope: string | undefined) {
    const user = await centre.register();
    const code = await centre.code({ scope }, centre.app, await centre.signedIn(user));
    return { ...user, token: expectToken(await centre.grant(centre.codeFields(code)), true) };
  }

  const file = () => {
    const multipart = new FormData();
    multipart.set('file', new File(['x'], 'x.txt'));
    return multipart;
  };

  /** Requests that change or send something, with the scope that each needs. */
  const writing: [string, (token: Token) => Promise<Answer<unknown>>][] = [
    ['user_details', (token) => centre.put('/api/user', { position: '工程师' }, token)],
    ['user_account', (token) => centre.put('/api/user/password', { old_password: 'x', password: 'another' }, token)],
    ['message_send', (token) => centre.post('/api/sms/code', { phone: newPhone() }, token)],
    ['message_send', (token) => centre.put('/api/sms/code', { phone: newPhone(), code: '123456' }, token)],
    ['message_send', (token) => centre.post('/api/email', { email: 'a@b.example', subject: 'a', content: 'b' }, token)],
    ['record_write', (token) => centre.request('POST', '/api/file', { token, multipart: file() })],
    ['record_write', (token) => centre.post('/api/log', { type: 'A', title: 'a', data: 'b' }, token)],
    ['app_admin', (token) => centre.post('/api/role', { name: 'x', title: 'x' }, token)],
    ['app_admin', (token) => centre.request('PUT', '/api/app/secret', { token })],
    ['app_admin', (token) => centre.get('/api/email', token)],
  ];

  it('lets a token for user_info read, and neither change nor send anything', async () => {
    const { token, user_id } = await consented('user_info');
    expect((await centre.profileOf(token)).user_id).toBe(user_id);
    for (const path of ['/api/user/role', '/api/user/permission', '/api/user/rolePermission'])
      expect((await centre.get(path, token)).code).toBe(1);
    for (const [scope, send] of writing) {
      const answer = await send(token);
      expectRefused(answer, 403, `权限范围不足, ${scope}`);
      expect(answer.code).toBe(1003);
      expect(answer.headers.get('www-authenticate')).toContain(`error="insufficient_scope", scope="${scope}"`);
    }
  });

  it('lets a token for user_details change the profile, but not what signs the user in', async () => {
    const { token, phone } = await consented('user_info user_details');
    expectSuccess(await centre.put('/api/user', { school: '北京大学', phone }, token), '修改成功');
    for (const fields of [{ phone: newPhone() }, { email: 'a@example.com' }, { username: `name ${phone}` }])
      expectRefused(await centre.put('/api/user', { ...fields, sex: '男' }, token), 403, '权限范围不足, user_account');
    expect((await centre.profileOf(token)).details.sex.value).toBe('');
  });

  it('lets a token that was consented to without a scope do everything, and the page names all of it', async () => {
    const { token, phone } = await consented(undefined);
    expectSuccess(await centre.put('/api/user', { username: `name ${phone}`, school: '北京大学' }, token), '修改成功');
    const { user_id } = centre.credentials.user;
    for (const [, send] of writing.slice(2, 7)) expect((await send(token)).status).toBe(200);
    // Administration needs the role too.
    expectRefused(await centre.get('/api/user', token, { user_id: String(user_id) }), 403, '无权访问');
    const page = await (await centre.signedIn()).visit(centre.authorizeUrl());
    for (const text of ['读取个人信息', '修改你的资料', '手机号', '短信验证码和邮件', '保存文件', '管理该应用'])
      expect(textOf(page.html)).toContain(text);
  });

  it('shows one line for each requested scope on the consent page', async () => {
    const browser = await centre.signedIn();
    const lines = async (scope: string) =>
      (await browser.visit(centre.authorizeUrl({ scope }))).html.match(/<li>/g)?.length;
    expect(await lines('user_info')).toBe(1);
    expect(await lines('user_info message_send record_write')).toBe(3);
  });

  it("needs app_admin to read another user's profile, besides the role", async () => {
    const { user, admin } = centre.credentials;
    const scoped = async (scope: string) =>
      expectToken(await centre.grant({ ...centre.passwordFields(admin), scope }), true);
    const read = (token: Token) => centre.get('/api/user', token, { user_id: String(user.user_id) });
    expectRefused(await read(await scoped('user_info')), 403, '权限范围不足, app_admin');
    expectSuccess(await read(await scoped('user_info app_admin')), '获取用户信息成功');
  });

  it('stay narrow when a token is refreshed', async () => {
    const { token } = await consented('user_info');
    const again = await centre.grant({ ...centre.refreshFields(token), scope: 'user_info user_account' });
    expectRefused(again, 400, '参数错误, scope');
    const next = expectToken(await centre.grant(centre.refreshFields(token)), true);
    expectRefused(await centre.put('/api/user', { sex: '男' }, next), 403, '权限范围不足, user_details');
  });

  it('are all given to older applications and their own tokens, and not to tokens of users', async () => {
    const database = await openDatabase(await databases.createEmptyUrl());
    const before = tableOwners.map((owner) =>
      owner.name === 'ucenter' ? { ...owner, migrations: { '0001': owner.migrations?.['0001'] as never } } : owner,
    );
    await migrateDatabase(database, before);
    const own = { api: 'ucenter', created_at: 1 };
    const client = { ...own, id: 'UC1', name: 'Old', secret_hash: null, owner_id: null, updated_at: 1 };
    await database
      .insertInto('oauth_clients')
      .values({ ...client, redirect_uris: '[]', scopes: 'user_info', grants: '[]' })
      .execute();
    const tokens = [null, '1000'].map((user_id, index) => ({ id: `${index}`, user_id }));
    for (const { id, user_id } of tokens)
      await database
        .insertInto('oauth_tokens')
        .values({
          ...own,
          id,
          client_id: 'UC1',
          user_id,
          scope: 'user_info',
          access_hash: id,
          grant_id: id,
          access_expires_at: 2,
        })
        .execute();
    await migrateDatabase(database, tableOwners);
    const all = defaultScopes.join(' ');
    expect(await database.selectFrom('oauth_clients').select('scopes').execute()).toEqual([{ scopes: all }]);
    expect(await database.selectFrom('oauth_tokens').select('scope').orderBy('id').execute()).toEqual([
      { scope: all },
      { scope: 'user_info' },
    ]);
    await database.destroy();
  });
});
