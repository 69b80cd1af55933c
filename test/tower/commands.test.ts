import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CommandRow } from '../../src/commands.ts';
import { tower as api } from '../../src/tower/index.ts';
import { type App, expectError, expectToken, useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Caller } from './caller.ts';

// Applications, users and teams that come from the original service keep their ids and secrets.
describeEachDatabase('commands', (databases) => {
  const tower = useTower(databases);

  async function run<Row = CommandRow>(kind: string, action: string, options: Record<string, unknown>): Promise<Row> {
    const command = api.commands?.[kind]?.[action];
    if (command === undefined) throw new Error(`There is no command ${kind} ${action}`);
    return (await command.run(options, tower.server.context)) as Row;
  }
  const redirect_uri = 'https://brought.example/callback';
  const createApp = async (options: Record<string, unknown>): Promise<App> => ({
    ...(await run<App>('app', 'create', { name: '旧应用', 'redirect-uri': [redirect_uri], ...options })),
    redirect_uri,
  });
  const newId = () => randomBytes(16).toString('hex');
  const newUser = () => ({ username: `${newId()}@tower.example`, password: 'a password' });

  describe('app create', () => {
    it('keeps a given client_id and client_secret', async () => {
      const given = { client_id: `brought.${newId()}`, client_secret: 'Old+secret/with%41=signs&more' };
      const app = await createApp({ 'client-id': given.client_id, 'client-secret': given.client_secret });
      expect(app).toMatchObject(given);
      await tower.signIn(undefined, app);
      expectToken(await tower.token(tower.codeFields(await tower.code({}, app), app)));
      expectError(
        await tower.token(tower.passwordFields(undefined, { ...app, client_secret: 'x' })),
        401,
        'invalid_client',
      );
    });

    it('makes a secret when none is given, and none for a public application', async () => {
      const clientId = newId();
      const app = await createApp({ 'client-id': clientId });
      expect(app).toMatchObject({ client_id: clientId, client_secret: expect.stringMatching(/^[0-9a-f]{64}$/) });
      await tower.signIn(undefined, app);
      const open = await createApp({ 'client-id': newId(), public: '1' });
      expect(open.client_secret).toBeNull();
      await expect(createApp({ 'client-secret': 'x', public: '1' })).rejects.toThrow('--client-secret: an application');
    });

    it('leaves the password grant out on request, and app update switches it', async () => {
      const app = await createApp({ 'password-grant': '0' });
      const grant = () => tower.token(tower.passwordFields(undefined, app));
      expectError(await grant(), 400, 'unauthorized_client');
      expectToken(await tower.token(tower.codeFields(await tower.code({}, app), app)));
      await run('app', 'update', { id: app.client_id, 'password-grant': '1' });
      expectToken(await grant());
      await run('app', 'update', { id: app.client_id, 'password-grant': '0' });
      expectError(await grant(), 400, 'unauthorized_client');
    });

    it('does not replace an existing application', async () => {
      const { client_id } = tower.app;
      const again = createApp({ 'client-id': client_id, 'client-secret': 'another' });
      await expect(again).rejects.toThrow(`There is an application ${client_id} already`);
      await tower.signIn();
    });

    it('rejects an id or secret that a client could not send', async () => {
      for (const value of ['a b', 'a\n', '\u0007', '编号', 'x'.repeat(129)])
        await expect(createApp({ 'client-id': value })).rejects.toThrow('--client-id must be at most 128');
      for (const value of ['a b', '\t', 'x'.repeat(257)])
        await expect(createApp({ 'client-secret': value })).rejects.toThrow('--client-secret must be at most 256');
      const longest = { 'client-id': 'x'.repeat(128), 'client-secret': 'y'.repeat(256) };
      await tower.signIn(undefined, await createApp(longest));
    });
  });

  it('user create and team create keep a given id', async () => {
    const [userId, teamId, user] = [newId(), newId(), newUser()];
    expect(await run('user', 'create', { id: userId, ...user })).toMatchObject({ id: userId });
    const made = await run('team', 'create', { id: teamId, name: '旧团队', owner: user.username, member: [] });
    expect(made).toEqual({ id: teamId, name: '旧团队' });

    const token = await tower.signIn(user);
    const { body } = await tower.post('/oauth/introspect', { token: token.access_token, ...tower.app });
    expect(body.sub).toBe(userId);
    const response = await tower.member(token.access_token, teamId);
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as { data: { relationships: { team: unknown } } };
    expect(data.relationships.team).toEqual({ data: { id: teamId, type: 'teams' } });

    const other = newUser();
    await expect(run('user', 'create', { id: userId, ...other })).rejects.toThrow(`There is a user ${userId} already`);
    await expect(run('user', 'create', { id: newId(), ...user })).rejects.toThrow(user.username);
    const team = { id: teamId, name: '又一个', owner: user.username, member: [] };
    await expect(run('team', 'create', team)).rejects.toThrow(`There is a team ${teamId} already`);
    const unowned = { ...team, id: newId(), owner: other.username };
    await expect(run('team', 'create', unowned)).rejects.toThrow(`There is no user ${other.username}`);
    const teams = (await run<{ id: string }[]>('team', 'list', {})).map(({ id }) => id);
    expect(teams.filter((id) => id === teamId || id === unowned.id)).toEqual([teamId]);
  });

  it('user delete keeps a user whose work belongs to a team; team delete deletes it all', async () => {
    const [user, teamId] = [newUser(), newId()];
    const { id } = await run<{ id: string }>('user', 'create', user);
    await run('team', 'create', { id: teamId, name: '团队', owner: user.username, member: [] });
    const caller = await Caller.signIn(tower, user);
    const project = await caller.post(`/teams/${teamId}/projects`, { project: { name: '项目' } });
    const [list] = (await caller.list(`/projects/${project.data.id}/todolists`)).data;
    const todo = await caller.post(`/todolists/${list?.id}/todos`, { todo: { content: '任务' } });
    await caller.post(`/todos/${todo.data.id}/comments`, { comment: { content: '评论' } });
    await expect(run('user', 'delete', { id })).rejects.toThrow(`The user ${id} has created something in a team`);
    expect((await caller.get(`/todos/${todo.data.id}`)).status).toBe(200);
    expect(await run('team', 'delete', { id: teamId })).toEqual({ deleted: teamId });
    expect((await caller.get(`/todos/${todo.data.id}`)).status).toBe(404);
    expect(await run('user', 'delete', { id })).toEqual({ deleted: id });
  });

  it('user create and team create reject an id of another form than T-31', async () => {
    const owner = tower.credentials.user.username;
    for (const id of ['1', 'F'.repeat(32), 'f'.repeat(33), `${'f'.repeat(32)}\n`]) {
      await expect(run('user', 'create', { id, ...newUser() })).rejects.toThrow('--id must be 32');
      await expect(run('team', 'create', { id, name: 'x', owner, member: [] })).rejects.toThrow('--id must be 32');
    }
  });

  it('project create makes a project that its members see', async () => {
    const teamId = tower.credentials.team_id;
    const member = await tower.addMember();
    const options = { team: teamId, name: '导入的项目', member: [member.username] };
    const { id } = await run<{ id: string }>('project', 'create', options);
    const caller = await Caller.signIn(tower, member);
    expect((await caller.get(`/projects/${id}`)).data.attributes.name).toBe('导入的项目');
    expect((await caller.list(`/projects/${id}/todolists`)).data).toHaveLength(1);
    expect(await run('project', 'list', { team: teamId })).toContainEqual({ id, name: '导入的项目' });
    await expect(run('project', 'create', { ...options, member: ['nobody'] })).rejects.toThrow('no member nobody');
    await expect(run('project', 'create', { ...options, team: 'x' })).rejects.toThrow('There is no team x');
  });

  it('field create and label create make what a todo is written with', async () => {
    const teamId = tower.credentials.team_id;
    const { id: project } = await run<{ id: string }>('project', 'create', { team: teamId, name: '项目', member: [] });
    const field = { team: teamId, project, name: '阶段', type: 'select', option: ['a1=设计', '开发'], multiple: '1' };
    const { key, options } = await run<{ key: string; options: string[] }>('field', 'create', field);
    expect(key).toMatch(/^select_[0-9A-Za-z]{8}$/);
    expect(options).toEqual(['a1=设计', expect.stringMatching(/^[0-9a-f]{8}=开发$/)]);
    const { id: label } = await run<{ id: number }>('label', 'create', { team: teamId, name: '导入' });

    const caller = await Caller.signIn(tower);
    const [list] = (await caller.list(`/projects/${project}/todolists`)).data;
    const todo = { content: '任务', label_ids: [label], [key]: ['a1', options[1]?.split('=')[0]] };
    const { data, included } = await caller.post(`/todolists/${list?.id}/todos`, { todo });
    expect(data.attributes.labels).toEqual(['导入']);
    const values = included.find(({ type }) => type === 'todos_custom_field_values');
    expect(values?.attributes.custom_fields[key]).toMatchObject({ name: '阶段', value: ['设计', '开发'] });

    const fields = await run<CommandRow[]>('field', 'list', { team: teamId });
    expect(fields).toContainEqual({ key, name: '阶段', type: 'select', multiple: true, project_id: project, options });
    expect(await run('label', 'list', { team: teamId })).toContainEqual({ id: label, name: '导入' });
  });

  it('field create and label create reject what cannot be', async () => {
    const team = tower.credentials.team_id;
    const field = { team, name: '字段', type: 'string', option: [] };
    const create = (options: Record<string, unknown>) => run('field', 'create', { ...field, ...options });
    await expect(create({ type: 'text' })).rejects.toThrow('--type must be one of number');
    await expect(create({ type: 'select' })).rejects.toThrow('--option: a select needs options');
    await expect(create({ option: ['a'] })).rejects.toThrow('--option');
    await expect(create({ key: 'a-b' })).rejects.toThrow('--key must be');
    await expect(create({ project: 'x' })).rejects.toThrow('The team has no project x');
    await expect(create({ team: 'x' })).rejects.toThrow('There is no team x');
    await create({ key: 'string_once' });
    await expect(create({ key: 'string_once' })).rejects.toThrow('The team has a field string_once already');
    await run('label', 'create', { team, name: '一次' });
    await expect(run('label', 'create', { team, name: '一次' })).rejects.toThrow('The team has a label 一次 already');
  });
});
