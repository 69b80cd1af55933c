import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { expectRefused, expectSuccess, type Fields, type Schemas, type Token, useCentre } from './centre.ts';

// No token reads or changes other users' data or other applications' roles, permissions and records (U-9, U-21, U-33).
describeEachDatabase('isolation', (databases) => {
  const centre = useCentre(databases);

  /** A token of every kind, in both applications. */
  async function everyToken() {
    const { user, second_user, admin, second_app } = centre.credentials;
    const stranger = await centre.register();
    return {
      admin: await centre.signIn(admin),
      owner: await centre.signIn(second_user, second_app),
      user: await centre.signIn(user),
      userElsewhere: await centre.signIn(user, second_app),
      ownerElsewhere: await centre.signIn(second_user),
      adminElsewhere: await centre.signIn(admin, second_app),
      stranger: await centre.signIn(stranger),
      app: await centre.appToken(),
      secondApp: await centre.appToken(second_app),
    };
  }

  /** Changes of a role and a permission of the demo application, and of its users. */
  async function changes() {
    const admin = await centre.signIn(centre.credentials.admin);
    let made = 0;
    const create = async (what: 'role' | 'permission', fields: Fields = {}) => {
      const named = { name: `mine-${Date.now()}-${++made}`, title: '我的', ...fields };
      return (await centre.post<{ id: number }>(`/api/${what}`, named, admin)).data.id;
    };
    const [role, group] = [await create('role'), await create('permission')];
    const permission = await create('permission', { group_id: String(group) });
    const { user_id } = centre.credentials.user;
    await centre.request('PUT', `/api/user/${user_id}/role/${role}`, { token: admin });
    const fields = { name: 'taken-over', title: '夺' };
    const requests: [string, string, Fields?][] = [
      ['PUT', `/api/role/${role}`, fields],
      ['DELETE', `/api/role/${role}`],
      ['PUT', `/api/permission/${permission}`, fields],
      ['DELETE', `/api/permission/${permission}`],
      ['DELETE', `/api/permission/${group}`],
      ['PUT', `/api/role/${role}/permission/${permission}`],
      ['DELETE', `/api/role/${role}/permission/${permission}`],
      ['PUT', `/api/user/${centre.credentials.second_user.user_id}/role/${role}`],
      ['DELETE', `/api/user/${user_id}/role/${role}`],
    ];
    const state = async () => {
      const roles = await centre.get('/api/role', admin);
      const permissions = await centre.get('/api/permission', admin);
      const seen = await centre.get('/api/user/rolePermission', await centre.signIn());
      return JSON.stringify([roles.data, permissions.data, seen.data]);
    };
    return { requests, state };
  }

  it('lets only administrators of an application change it, through its own tokens', async () => {
    const { admin, ...others } = await everyToken();
    const { requests, state } = await changes();
    const before = await state();
    for (const [holder, token] of Object.entries(others)) {
      for (const [method, path, form] of requests) {
        const answer = await centre.request(method, path, { token, ...(form && { form }) });
        // For a developer of the second application these resources do not exist.
        expect([holder, method, path, answer.status]).toEqual([holder, method, path, holder === 'owner' ? 404 : 403]);
      }
      expect(await state()).toBe(before);
    }
    for (const [method, path, form] of requests.slice(5, 6))
      expect((await centre.request(method, path, { token: admin, ...(form && { form }) })).status).toBe(200);
  });

  it("returns lists only to administrators of the token's application", async () => {
    const tokens = await everyToken();
    for (const path of ['/api/role', '/api/permission', '/api/log', '/api/file', '/api/email', '/api/sms'])
      for (const [holder, token] of Object.entries(tokens)) {
        const { status } = await centre.get(path, token);
        expect([path, holder, status]).toEqual([path, holder, holder === 'admin' || holder === 'owner' ? 200 : 403]);
      }
  });

  it('lists no records of other applications', async () => {
    const { admin, owner, userElsewhere, user } = await everyToken();
    const title = `only here ${Date.now()}`;
    const log = { type: 'A', title, data: 'x' };
    expectSuccess(await centre.post('/api/log', log, user), '记录成功');
    const logsOf = async (token: Token) =>
      expectSuccess(await centre.get<Schemas['LogPage']>('/api/log', token), '获取日志成功').logs.map(
        (one) => one.title,
      );
    expect(await logsOf(admin)).toContain(title);
    expect(await logsOf(owner)).not.toContain(title);
    // The same user through the other application.
    expectSuccess(await centre.post('/api/log', { ...log, title: `${title} 2` }, userElsewhere), '记录成功');
    expect(await logsOf(owner)).toContain(`${title} 2`);
    expect(await logsOf(admin)).not.toContain(`${title} 2`);
  });

  it("returns another user's profile only to administrators of an application in which that user has a role", async () => {
    const tokens = await everyToken();
    const { user, second_user, admin } = centre.credentials;
    for (const target of [user, second_user, admin]) {
      for (const [holder, token] of Object.entries(tokens)) {
        const answer = await centre.get<Schemas['User']>('/api/user', token, { user_id: String(target.user_id) });
        const self = !/app/i.test(holder) && (await centre.profileOf(token)).user_id === target.user_id;
        if (answer.status === 200) {
          expect([holder, self || holder === 'admin' || holder === 'owner']).toEqual([holder, true]);
          expect(answer.data.user_id).toBe(target.user_id);
        } else if (holder === 'admin' || holder === 'owner') expectRefused(answer, 404, '资源不存在');
        else expectRefused(answer, 403, '无权访问');
        if (self) expect([holder, answer.status]).toEqual([holder, 200]);
      }
    }
  });

  it("changes the token's own user, also when user_id names another", async () => {
    const [one, two] = [await centre.newUser(), await centre.newUser()];
    const before = await centre.profileOf(two.token);
    const answer = await centre.put<Schemas['User']>(
      '/api/user',
      { user_id: String(two.user_id), sex: '男' },
      one.token,
    );
    expect(expectSuccess(answer, '修改成功').user_id).toBe(one.user_id);
    expect(await centre.profileOf(two.token)).toEqual(before);
  });

  it("returns 403 to an application's own token where a user is needed", async () => {
    const token = await centre.appToken();
    for (const [method, path] of [
      ['GET', '/api/user'],
      ['PUT', '/api/user'],
      ['GET', '/api/user/role'],
      ['GET', '/api/user/permission'],
      ['GET', '/api/user/rolePermission'],
      ['GET', '/api/role'],
      ['PUT', '/api/app/secret'],
    ] as const)
      expectRefused(
        await centre.request(method, path, {
          token,
          ...(path === '/api/user' && method === 'PUT' && { form: { sex: '男' } }),
        }),
        403,
        '无权访问',
      );
  });
});

describeEachDatabase('the other APIs of the same server', (databases) => {
  const centre = useCentre(databases);

  it('have clients, tokens and users of their own', async () => {
    const response = await fetch(`${centre.server.url}/sandbox/credentials`);
    const { tower } = (await response.json()) as {
      tower: { client_id: string; client_secret: string; user: { username: string; password: string } };
    };
    const { client_id, client_secret, user } = tower;
    const password = { grant_type: 'password', ...user };
    const granted = await fetch(`${centre.server.url}/tower/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...password, client_id, client_secret }),
    });
    const { access_token } = (await granted.json()) as { access_token: string };
    expectRefused(await centre.get('/api/user', { access_token }), 401, 'access_token错误');
    expectRefused(await centre.grant({ ...password, client_id, client_secret }), 401, '客户端认证失败');
    const app = { client_id: centre.app.client_id, client_secret: centre.app.client_secret };
    expectRefused(await centre.grant({ ...password, ...app }), 401, '用户名或密码错误。');
  });
});
