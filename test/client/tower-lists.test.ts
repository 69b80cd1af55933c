import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { components } from '../../generated/tower.ts';
import { createTowerClient, resolve, type TowerClient, TowerError } from '../../src/client/index.ts';
import { useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';

type Schemas = components['schemas'];

const todos = '/api/v1/members/{member_id}/assigned_uncompleted_todos';

// Lists of the demo team, read with the client.
describeEachDatabase('a list', (databases) => {
  const tower = useTower(databases);
  let client: TowerClient;
  let path: { team_id: string };

  beforeAll(async () => {
    const { client_id: clientId, client_secret: clientSecret, user, team_id } = tower.credentials;
    client = createTowerClient({ baseUrl: tower.url, clientId, clientSecret });
    await client.signInWithPassword(user);
    path = { team_id };
  });

  it('has pages, which follow each other, with the parameters of the first', async () => {
    const names: string[][] = [];
    const params = { path, query: { page: { size: 2 } } };
    for await (const page of client.pages('/api/v1/teams/{team_id}/projects', { params }))
      names.push(resolve(page).map(({ name }) => name));
    expect(names).toEqual([['官网改版', '手机应用 2.0'], ['春季推广']]);
  });

  it('continues below the last event', async () => {
    const ids: number[] = [];
    let pages = 0;
    const params = { path, query: { limit: 20 } };
    for await (const { data } of client.pages('/api/v1/teams/{team_id}/events', { params })) {
      pages += 1;
      ids.push(...data.map(({ id }) => Number(id)));
    }
    expect(pages).toBeGreaterThan(2);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => other - one));
  });

  it('ends after one page when it has no others', async () => {
    const { data: member } = await client.GET('/api/v1/teams/{team_id}/member', { params: { path } });
    const params = { path: { member_id: member?.data.id ?? '' } };
    const [todo] = (await client.GET(todos, { params })).data?.data ?? [];
    let pages = 0;
    const cc = { path: { todo_id: todo?.id ?? '' } };
    for await (const _ of client.pages('/api/v1/todos/{todo_id}/cc_members', { params: cc })) pages += 1;
    expect(pages).toBe(1);
  });

  it('throws what the server rejects', async () => {
    const params = { path: { team_id: 'unknown' } };
    const error = await client
      .pages('/api/v1/teams/{team_id}/members', { params })
      .next()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TowerError);
    expect(error).toMatchObject({ status: 404, message: expect.stringContaining('There is no such team') });
  });

  it('is resolved to nested objects', async () => {
    const { data } = await client.GET('/api/v1/teams/{team_id}/members', { params: { path } });
    if (data === undefined) throw new Error('There are no members');
    const members = resolve(data);
    expect(members.map(({ team }) => team.name)).toEqual(Array(8).fill('演示团队'));
    expect(members[4]).toMatchObject({ type: 'members', nickname: '王倩', groups: [{ name: '设计组' }] });
  });
});

describe('a document', () => {
  const toMember = (id: string) => ({ data: { id, type: 'members' as const } });

  it('is one object for each resource, also in cycles', () => {
    const todo = (id: string, parent: string | null) => ({
      id,
      type: 'todos' as const,
      attributes: { content: id },
      relationships: {
        parent: { data: parent === null ? null : { id: parent, type: 'todos' as const } },
        sub_todos: { data: id === '1' ? [{ id: '2', type: 'todos' as const }] : [] },
        creator: toMember('9'),
      },
    });
    const member = { id: '9', type: 'members' as const, attributes: { nickname: '小林' } };
    const resolved = resolve({ data: todo('1', null), included: [todo('2', '1'), member] });
    expect(resolved.parent).toBeNull();
    expect(resolved.sub_todos[0]?.parent).toBe(resolved);
    expect(resolved.sub_todos[0]?.creator).toBe(resolved.creator);
    expect(resolved.creator.nickname).toBe('小林');
  });

  it('has id and type of what it does not include', () => {
    const comment = { id: '1', type: 'comments', attributes: {}, relationships: { creator: toMember('9') } };
    expect(resolve({ data: [comment] })).toEqual([
      { id: '1', type: 'comments', creator: { id: '9', type: 'members' } },
    ]);
  });

  it('is typed', () => {
    const check = (document: Schemas['TodoDocument'], page: Schemas['TodoPageDocument']) => {
      const todo = resolve(document);
      expectTypeOf(todo.content).toEqualTypeOf<string>();
      expectTypeOf(todo.assignee?.nickname).toEqualTypeOf<string | undefined>();
      expectTypeOf(todo.comments[0]?.creator?.nickname).toEqualTypeOf<string | undefined>();
      expectTypeOf(todo.id).toEqualTypeOf<string>();
      // @ts-expect-error there may be no assignee
      todo.assignee.nickname;
      // @ts-expect-error no such relationship
      todo.owner;
      expectTypeOf(resolve(page)[0]?.creator.nickname).toEqualTypeOf<string | undefined>();
    };
    expect(check).toBeTypeOf('function');
  });

  it('is a page only of a list', () => {
    const check = (client: TowerClient) => [
      client.pages('/api/v1/teams', { params: {} }),
      // @ts-expect-error not a list
      client.pages('/api/v1/user', { params: {} }),
      // @ts-expect-error the team is missing
      client.pages('/api/v1/teams/{team_id}/members', { params: {} }),
    ];
    expect(check).toBeTypeOf('function');
  });
});
