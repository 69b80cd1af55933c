import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { meanwhile } from '../support/meanwhile.ts';
import {
  expectFailure,
  expectRefused,
  expectSuccess,
  type Fields,
  type Schemas,
  type Token,
  useCentre,
} from './centre.ts';

type Roles = Schemas['UserRoles'];
type Permissions = Schemas['UserPermissions'];
type RolePermissions = Schemas['UserRolePermissions'];
type Role = Schemas['RoleWithPermissions'];
type Permission = Schemas['GroupedPermission'];

let made = 0;
const fresh = (title = '新的') => ({ name: `made-${++made}`, title });

// Sections 2.4 to 2.6 of the document; U-23, U-31 to U-33.
describeEachDatabase('roles and permissions', (databases) => {
  const centre = useCentre(databases);

  /** Names of the caller's roles and permissions. Asserts that the three answers agree. */
  async function seenBy(token: Pick<Token, 'access_token'>) {
    const roles = expectSuccess(await centre.get<Roles>('/api/user/role', token), '获取角色成功');
    const permissions = expectSuccess(await centre.get<Permissions>('/api/user/permission', token), '获取权限成功');
    const both = expectSuccess(await centre.get<RolePermissions>('/api/user/rolePermission', token), '获取权限成功');
    const { user_id } = await centre.profileOf(token);
    expect([roles.user_id, permissions.user_id, both.user_id]).toEqual([user_id, user_id, user_id]);
    expect(both.roles.map(({ id, name, title }) => ({ id, name, title }))).toEqual(roles.roles);
    const union = new Map(both.roles.flatMap((role) => role.permissions.map((one) => [one.id, one])));
    expect([...permissions.permissions].sort(byId)).toEqual([...union.values()].sort(byId));
    return { roles: roles.roles.map(({ name }) => name), permissions: permissions.permissions.map(({ name }) => name) };
  }
  const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;

  const admin = () => centre.signIn(centre.credentials.admin);
  const owner = () => centre.signIn(centre.credentials.second_user, centre.credentials.second_app);
  const createRole = async (token: Token, fields: Fields = fresh()) =>
    expectSuccess(await centre.post<Role>('/api/role', fields, token), '创建成功');
  const createPermission = async (token: Token, fields: Fields = fresh()) =>
    expectSuccess(await centre.post<Permission>('/api/permission', fields, token), '创建成功');
  const change = (method: 'PUT' | 'DELETE', path: string, token: Token) => centre.request(method, path, { token });

  describe('of the caller', () => {
    it('are the same in all three operations, and the demo users have some', async () => {
      const seen = await seenBy(await centre.signIn());
      expect(seen.roles.length).toBeGreaterThan(0);
      expect(seen.permissions.length).toBeGreaterThanOrEqual(3);
      await seenBy(await admin());
      await seenBy(await owner());
    });

    it("are those of the token's application: the same user has others elsewhere", async () => {
      const here = await seenBy(await centre.signIn());
      const there = await seenBy(await centre.signIn(centre.credentials.user, centre.credentials.second_app));
      expect(there).not.toEqual(here);
    });

    it('are empty arrays for a user without any', async () => {
      const { token } = await centre.newUser(centre.credentials.second_app);
      expect(await seenBy(token)).toEqual({ roles: [], permissions: [] });
    });

    it('are `common` in the default application for a new user', async () => {
      const user = await centre.register();
      // In the sandbox the demo application is the oldest, which makes it the default one.
      const { roles } = await seenBy(await centre.signIn(user));
      expect(roles).toEqual(['common']);
    });
  });

  describe('administration', () => {
    it('creates, lists, changes and deletes roles', async () => {
      const token = await admin();
      const fields = fresh('编辑');
      const role = await createRole(token, fields);
      expect(role).toEqual({ id: expect.any(Number), ...fields, permissions: [] });
      const list = async () =>
        expectSuccess(await centre.get<{ roles: Role[] }>('/api/role', token), '获取角色成功').roles;
      expect(await list()).toContainEqual(role);
      expect((await list()).map(({ id }) => id)).toEqual((await list()).map(({ id }) => id).sort((a, b) => a - b));
      const changed = { ...role, title: '责任编辑' };
      const path = `/api/role/${role.id}`;
      expect(expectSuccess(await centre.put(path, { title: '责任编辑' }, token), '修改成功')).toEqual(changed);
      expectFailure(await centre.put(path, { title: '责任编辑' }, token), '未做修改');
      expectFailure(await centre.put(path, {}, token), '未做修改');
      expect(expectSuccess(await change('DELETE', path, token), '删除成功')).toEqual({});
      expectRefused(await change('DELETE', path, token), 404, '资源不存在');
      expect(await list()).not.toContainEqual(changed);
    });

    it('does not rename or delete `common`, the role of new users', async () => {
      const token = await admin();
      const { roles } = expectSuccess(await centre.get<{ roles: Role[] }>('/api/role', token), '获取角色成功');
      const common = roles.find(({ name }) => name === 'common') as Role;
      const path = `/api/role/${common.id}`;
      expectRefused(await change('DELETE', path, token), 403, '无权访问');
      expectRefused(await centre.put(path, { name: 'ordinary' }, token), 403, '无权访问');
      expectSuccess(await centre.put(path, { title: '大家' }, token), '修改成功');
      expectSuccess(await centre.put(path, { title: common.title }, token), '修改成功');
    });

    it('gives and takes roles with immediate effect on issued tokens', async () => {
      const token = await admin();
      const user = await centre.newUser();
      const before = await seenBy(user.token);
      const role = await createRole(token);
      const group = await createPermission(token);
      const one = await createPermission(token, { ...fresh(), group_id: String(group.id) });
      const two = await createPermission(token, { ...fresh(), group_id: String(group.id) });
      const place = `/api/user/${user.user_id}/role/${role.id}`;
      for (let times = 0; times < 2; times++) {
        const data = expectSuccess(await change('PUT', place, token), '授予成功');
        expect(data).toMatchObject({ user_id: user.user_id });
        expect((data as unknown as Roles).roles).toContainEqual({ id: role.id, name: role.name, title: role.title });
      }
      expect((await seenBy(user.token)).roles).toEqual([...before.roles, role.name]);
      for (const permission of [one, two, one]) {
        const path = `/api/role/${role.id}/permission/${permission.id}`;
        const data = expectSuccess(await change('PUT', path, token), '授予成功') as unknown as Role;
        expect(data.permissions).toContainEqual({ id: permission.id, name: permission.name, title: permission.title });
      }
      expect((await seenBy(user.token)).permissions).toEqual([...before.permissions, one.name, two.name]);
      for (let times = 0; times < 2; times++)
        expectSuccess(await change('DELETE', `/api/role/${role.id}/permission/${one.id}`, token), '收回成功');
      expect((await seenBy(user.token)).permissions).toEqual([...before.permissions, two.name]);
      for (let times = 0; times < 2; times++) expectSuccess(await change('DELETE', place, token), '收回成功');
      expect(await seenBy(user.token)).toEqual(before);
    });

    it('lists a permission of two roles once, as long as one of them has it', async () => {
      const token = await admin();
      const user = await centre.newUser();
      const permission = await createPermission(token);
      const roles = [await createRole(token), await createRole(token)];
      for (const { id } of roles) {
        await change('PUT', `/api/role/${id}/permission/${permission.id}`, token);
        await change('PUT', `/api/user/${user.user_id}/role/${id}`, token);
      }
      const count = async () =>
        (await seenBy(user.token)).permissions.filter((name) => name === permission.name).length;
      expect(await count()).toBe(1);
      await change('DELETE', `/api/role/${roles[0]?.id}`, token);
      expect(await count()).toBe(1);
      await change('DELETE', `/api/role/${roles[1]?.id}/permission/${permission.id}`, token);
      expect(await count()).toBe(0);
    });

    it('creates, lists, changes and deletes permissions, a group with its members', async () => {
      const token = await admin();
      const list = async () =>
        expectSuccess(await centre.get<{ permissions: Permission[] }>('/api/permission', token), '获取权限成功')
          .permissions;
      const group = await createPermission(token);
      expect(group.group_id).toBe(0);
      const member = await createPermission(token, { ...fresh(), group_id: String(group.id) });
      expect(member.group_id).toBe(group.id);
      expect(await list()).toEqual(expect.arrayContaining([group, member]));

      const [other, role] = [await createPermission(token), await createRole(token)];
      await change('PUT', `/api/role/${role.id}/permission/${member.id}`, token);
      const path = `/api/permission/${member.id}`;
      const moved = expectSuccess(await centre.put(path, { group_id: String(other.id) }, token), '修改成功');
      expect(moved).toEqual({ ...member, group_id: other.id });
      expectFailure(await centre.put(path, { group_id: String(other.id) }, token), '未做修改');
      expectFailure(await centre.put(path, { group_id: '2147483647' }, token), '分组不存在', 'group_id');
      // Permissions have two levels only.
      expectFailure(
        await centre.put(`/api/permission/${group.id}`, { group_id: String(member.id) }, token),
        '分组不存在',
        'group_id',
      );
      const full = await centre.put(`/api/permission/${other.id}`, { group_id: String(group.id) }, token);
      expect([full.status, full.code]).toEqual([200, 0]);

      expectSuccess(await change('DELETE', `/api/permission/${other.id}`, token), '删除成功');
      const left = (await list()).map(({ id }) => id);
      expect(left).toContain(group.id);
      expect(left).not.toContain(other.id);
      expect(left).not.toContain(member.id);
      const roles = expectSuccess(await centre.get<{ roles: Role[] }>('/api/role', token), '获取角色成功').roles;
      expect(roles.find(({ id }) => id === role.id)?.permissions).toEqual([]);
    });

    it('keeps names unique within an application only', async () => {
      const [token, elsewhere] = [await admin(), await owner()];
      const fields = fresh();
      const role = await createRole(token, fields);
      await createPermission(token, fields);
      expectFailure(await centre.post('/api/role', fields, token), 'name 已经存在。', 'name');
      expectFailure(await centre.post('/api/permission', fields, token), 'name 已经存在。', 'name');
      const second = await createRole(token);
      expectFailure(await centre.put(`/api/role/${second.id}`, { name: role.name }, token), 'name 已经存在。', 'name');
      await createRole(elsewhere, fields);
      await createPermission(elsewhere, fields);
    });

    it('creates one role for ten concurrent requests with one name', async () => {
      const token = await admin();
      const fields = fresh();
      const answers = await Promise.all(Array.from({ length: 10 }, () => centre.post('/api/role', fields, token)));
      expect(answers.filter((answer) => answer.code === 1)).toHaveLength(1);
    });

    it('does not change, delete, give or take `developer`', async () => {
      const token = await admin();
      const { roles } = expectSuccess(await centre.get<{ roles: Role[] }>('/api/role', token), '获取角色成功');
      const developer = roles.find(({ name }) => name === 'developer')?.id;
      const { user, admin: creator } = centre.credentials;
      expectRefused(await centre.put(`/api/role/${developer}`, { title: 'x' }, token), 403, '无权访问');
      expectRefused(await change('DELETE', `/api/role/${developer}`, token), 403, '无权访问');
      expectRefused(await change('PUT', `/api/user/${user.user_id}/role/${developer}`, token), 403, '无权访问');
      expectRefused(await change('DELETE', `/api/user/${creator.user_id}/role/${developer}`, token), 403, '无权访问');
      expectFailure(
        await centre.post('/api/role', { name: 'developer', title: 'x' }, token),
        'name 已经存在。',
        'name',
      );
    });

    it('lets an `admin` administer as long as the user has the role', async () => {
      const token = await admin();
      const user = await centre.newUser();
      expectRefused(await centre.get('/api/role', user.token), 403, '无权访问');
      const { roles } = expectSuccess(await centre.get<{ roles: Role[] }>('/api/role', token), '获取角色成功');
      const role =
        roles.find(({ name }) => name === 'admin') ?? (await createRole(token, { name: 'admin', title: '管理员' }));
      const place = `/api/user/${user.user_id}/role/${role.id}`;
      expectSuccess(await change('PUT', place, token), '授予成功');
      expectSuccess(await centre.get('/api/role', user.token), '获取角色成功');
      // Only a developer changes the secret.
      expectRefused(await change('PUT', '/api/app/secret', user.token), 403, '无权访问');
      expectSuccess(await change('DELETE', place, token), '收回成功');
      expectRefused(await centre.get('/api/role', user.token), 403, '无权访问');
    });

    it.each([
      [{ title: 'x' }, 'name'],
      [{ name: 'x' }, 'title'],
      [{ name: '1x', title: 'x' }, 'name'],
      [{ name: '编辑', title: 'x' }, 'name'],
      [{ name: 'x', title: '' }, 'title'],
    ] as [Fields, string][])('refuses a role or permission of %j', async (fields, field) => {
      for (const path of ['/api/role', '/api/permission']) {
        const answer = await centre.post<Schemas['ProblemData']>(path, fields, await admin());
        expect([answer.status, answer.code, answer.data.errors?.[0]?.field]).toEqual([200, 0, field]);
      }
    });

    it('gives roles only to users who came through the application, in one of three ways', async () => {
      const token = await owner();
      const { second_app, admin: stranger } = centre.credentials;
      const role = await createRole(token);
      const give = (user_id: number) => change('PUT', `/api/user/${user_id}/role/${role.id}`, token);
      const read = (user_id: number) => centre.get('/api/user', token, { user_id: String(user_id) });
      // Ids are consecutive, so every id can be named.
      expectRefused(await give(stranger.user_id), 404, '资源不存在');
      expectRefused(await change('DELETE', `/api/user/${stranger.user_id}/role/${role.id}`, token), 404, '资源不存在');
      expectRefused(await read(stranger.user_id), 404, '资源不存在');

      const registered = await centre.register({ token: await centre.appToken(second_app) });
      const signedIn = await centre.newUser(second_app);
      const authorized = await centre.register();
      expectRefused(await give(authorized.user_id), 404, '资源不存在');
      await centre.code({}, second_app, await centre.signedIn(authorized));
      for (const { user_id } of [registered, signedIn, authorized]) {
        expectSuccess(await give(user_id), '授予成功');
        expectSuccess(await read(user_id), '获取用户信息成功');
      }
    });

    it('returns 404 for a role that is deleted while it is given', async () => {
      const token = await admin();
      const { user_id } = await centre.newUser();
      const { id } = await createRole(token);
      meanwhile(centre.database, 'from "ucenter_roles" where "client_id" = ', () =>
        change('DELETE', `/api/role/${id}`, token),
      );
      expectRefused(await change('PUT', `/api/user/${user_id}/role/${id}`, token), 404, '资源不存在');
    });

    it('keeps both of two concurrent changes of different fields', async () => {
      const token = await admin();
      const { id } = await createRole(token);
      const [name, title] = [fresh().name, '另一个'];
      meanwhile(centre.database, 'from "ucenter_roles" where "client_id" = ', () =>
        centre.put(`/api/role/${id}`, { title }, token),
      );
      const role = expectSuccess(await centre.put<Role>(`/api/role/${id}`, { name }, token), '修改成功');
      expect(role).toMatchObject({ id, name, title });
    });

    it('returns 404 for an id that is no number', async () => {
      const token = await admin();
      for (const id of ['x', '0', '-1', '2147483648', '1.5'])
        expectRefused(await change('DELETE', `/api/role/${id}`, token), 404, '资源不存在');
    });
  });
});
