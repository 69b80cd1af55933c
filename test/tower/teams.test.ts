import { beforeAll, expect, it } from 'vitest';
import { useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Caller, idsOf, readPages } from './caller.ts';

// Users, teams and their members (T-33, T-34, T-38, T-39, T-41).
describeEachDatabase('teams', (databases) => {
  const tower = useTower(databases);
  let owner: Caller;
  let member: Caller;
  let outsider: Caller;
  const teamId = () => tower.credentials.team_id;

  beforeAll(async () => {
    owner = await Caller.signIn(tower);
    member = await Caller.signIn(tower, await tower.addMember());
    outsider = await Caller.signIn(tower, tower.credentials.outsider);
  });

  it('returns the current user, whose id is not the id of a member', async () => {
    const { status, data } = await owner.get('/user');
    expect([status, data.type, data.attributes.email]).toEqual([200, 'users', 'demo@tower.example']);
    expect(data.id).not.toBe((await owner.get(`/teams/${teamId()}/member`)).data.id);
  });

  it('creates a team whose owner is the caller', async () => {
    const { status, data } = await outsider.post('/teams', { team: { name: ' 新团队 ' } });
    expect([status, data.type, data.attributes.name]).toEqual([200, 'teams', '新团队']);
    expect((await outsider.get(`/teams/${data.id}/member`)).data.attributes.role).toBe('owner');
    expect(idsOf((await outsider.list('/teams')).data)).toEqual([data.id]);
    expect((await owner.get(`/teams/${data.id}/member`)).status).toBe(404);
  });

  it('lets owners and admins rename a team', async () => {
    const admin = await Caller.signIn(tower, await tower.addMember({ role: 'admin' }));
    for (const caller of [admin, owner]) {
      const { status, data } = await caller.patch(`/teams/${teamId()}`, { team: { name: '改名' } });
      expect([status, data.attributes.name]).toEqual([200, '改名']);
    }
    expect((await member.patch(`/teams/${teamId()}`, { team: { name: 'x' } })).status).toBe(403);
    expect((await outsider.patch(`/teams/${teamId()}`, { team: { name: 'x' } })).status).toBe(404);
  });

  it('returns 400 without the outer object and 422 for a blank name, with the place', async () => {
    for (const body of [{}, { name: 'x' }, { team: 'x' }, { team: {} }])
      expect((await owner.post('/teams', body)).status).toBe(400);
    const { status, errors } = await owner.post('/teams', { team: { name: ' ' } });
    expect([status, errors[0]?.source]).toEqual([422, { pointer: '/team/name' }]);
  });

  it('shows members of a team to each other, and to no others', async () => {
    const { data, included } = await member.list(`/teams/${teamId()}/members`);
    expect(data.map(({ attributes }) => attributes.role)).toContain('owner');
    expect(included.map(({ type }) => type)).toEqual(['teams', 'subgroups', 'subgroups', 'subgroups']);
    for (const { id } of data) {
      expect((await member.get(`/members/${id}`)).data.id).toBe(id);
      expect((await outsider.get(`/members/${id}`)).status).toBe(404);
    }
    expect((await outsider.get(`/teams/${teamId()}/members`)).status).toBe(404);
  });

  it('pages lists, with links that keep the other parameters', async () => {
    const all = idsOf((await owner.list(`/teams/${teamId()}/members`)).data);
    const pages = await readPages(owner, `/teams/${teamId()}/members?page[size]=2&a=%E5%8C%97%E4%BA%AC`);
    expect(pages.flatMap(idsOf)).toEqual(all);
    expect(pages.slice(0, -1).map(({ length }) => length)).toEqual(Array(pages.length - 1).fill(2));
    expect(pages.at(-1)).toHaveLength(all.length % 2 || 2);
    const { links } = await owner.list(`/teams/${teamId()}/members?page[size]=2&page[number]=2&a=%E5%8C%97%E4%BA%AC`);
    const link = (number: number) =>
      `${tower.url}/api/v1/teams/${teamId()}/members?page%5Bsize%5D=2&page%5Bnumber%5D=${number}&a=%E5%8C%97%E4%BA%AC`;
    expect(links).toMatchObject({ self: link(2), first: link(1), prev: link(1), last: link(pages.length) });
  });

  it.each(['page[size]=201', 'page[size]=0', 'page[number]=0', 'page[number]=x'])(
    'returns 400 to %s',
    async (query) => {
      const { status, errors } = await owner.list(`/teams/${teamId()}/members?${query}`);
      expect([status, errors[0]?.source]).toEqual([400, { parameter: query.split('=')[0] }]);
    },
  );

  it('answers at older addresses, with links to the present one (T-47)', async () => {
    for (const base of ['/api/v2', '/v1']) {
      const { status, data, links } = await owner.list(`${tower.url}${base}/teams?page[size]=1`);
      expect([base, status, idsOf(data)]).toEqual([base, 200, [teamId()]]);
      expect(links.self).toBe(`${tower.url}/api/v1/teams?page%5Bsize%5D=1&page%5Bnumber%5D=1`);
      expect((await owner.get(`${tower.url}${base}/nothing`)).status).toBe(404);
    }
    expect((await owner.get(`${tower.url}/api/v3/teams`)).status).toBe(404);
  });

  it('returns an empty page behind the last one', async () => {
    const { status, data, links } = await owner.list('/teams?page[number]=9');
    expect([status, data, links.next]).toEqual([200, [], null]);
  });
});
