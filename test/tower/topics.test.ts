import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { idsOf, type Resource, readPages } from './caller.ts';
import { useTeam } from './team.ts';

// Topics and comments on them (T-51, T-53 to T-55).
describeEachDatabase('topics', (databases) => {
  const team = useTeam(databases);
  let project: string;

  beforeAll(async () => {
    project = await team.project([team.ids.lin]);
  });

  const create = (message: object = {}, more: object = {}, caller = team.owner) =>
    caller.post(`/projects/${project}/topics`, { message: { subject: '选图', ...message }, ...more });
  const mention = (id: string) => `<a href="/members/${id}" data-mention="true">@他</a>`;

  /** The recipients of the notifications that an act causes. */
  async function recipientsOf(act: () => Promise<unknown>): Promise<string[]> {
    const { database } = team.tower;
    await database.deleteFrom('tower_notifications').execute();
    await act();
    const rows = await database.selectFrom('tower_notifications').select('member_id').execute();
    return rows.map(({ member_id }) => member_id).sort();
  }

  it('have a title of text and a content of sanitised HTML', async () => {
    const { data, included } = await create({ content: '<p onclick="x">两张<script>x()</script></p>' });
    expect(data).toMatchObject({
      type: 'topics',
      attributes: { title: '选图', content: '<p>两张</p>', is_archived: false },
      relationships: {
        creator: { data: { id: team.ids.owner, type: 'members' } },
        comments: { data: [] },
        attachments: { data: [] },
      },
    });
    expect(idsOf(included)).toEqual([team.ids.owner]);
    expect((await create({ content: undefined })).data.attributes.content).toBe('');
    const blank = await create({ subject: ' ' });
    expect([blank.status, blank.errors[0]?.source]).toEqual([422, { pointer: '/message/subject' }]);
  });

  it('take their attachments beside the message and inside of it, and keep them until they are replaced', async () => {
    const files = [await team.storeFile(team.owner, 'one'), await team.storeFile(team.owner, 'two')] as const;
    const { data: topic } = await create({}, { attfile_guids: [files[0]] });
    const attachmentsAfter = async (changes: object) => {
      const { data } = await team.owner.patch(`/topics/${topic.id}`, changes);
      return idsOf(data.relationships?.attachments?.data as Resource[]);
    };
    expect(await attachmentsAfter({ message: { subject: '改' } })).toEqual([files[0]]);
    expect(await attachmentsAfter({ message: { attfile_guids: files } })).toEqual([...files]);
    const { included } = await team.lin.list(`/projects/${project}/topics`);
    expect(idsOf(included)).toEqual(expect.arrayContaining([...files]));
    expect(await team.lin.getPlain(`/attfiles/${files[0]}`)).toHaveProperty('url');
    expect(await attachmentsAfter({ attfile_guids: [] })).toEqual([]);
    const unknown = await team.owner.patch(`/topics/${topic.id}`, { message: { attfile_guids: ['unknown'] } });
    expect([unknown.status, unknown.errors[0]?.source]).toEqual([422, { pointer: '/message/attfile_guids' }]);
  });

  it('are listed newest first, in pages', async () => {
    project = await team.project([team.ids.lin]);
    const ids: string[] = [];
    for (const subject of ['一', '二', '三']) ids.unshift((await create({ subject })).data.id);
    expect(idsOf((await team.lin.list(`/projects/${project}/topics`)).data)).toEqual(ids);
    expect((await readPages(team.lin, `/projects/${project}/topics?page[size]=2`)).map(idsOf)).toEqual([
      ids.slice(0, 2),
      ids.slice(2),
    ]);
  });

  it('are changed and deleted by their creator and by managers, and seen by members of the project', async () => {
    const { data: own } = await create({}, {}, team.lin);
    expect(
      (await team.lin.patch(`/topics/${own.id}`, { message: { content: '<p>新</p>' } })).data.attributes,
    ).toMatchObject({
      title: '选图',
      content: '<p>新</p>',
    });
    expect((await team.admin.patch(`/topics/${own.id}`, { message: { subject: '新' } })).status).toBe(200);
    const { data: others } = await create();
    expect((await team.lin.patch(`/topics/${others.id}`, { message: { subject: '新' } })).status).toBe(403);
    expect((await team.lin.delete(`/topics/${others.id}`)).status).toBe(403);
    for (const caller of [team.chen, team.outsider]) {
      expect((await caller.get(`/topics/${others.id}`)).status).toBe(404);
      expect((await caller.delete(`/topics/${others.id}`)).status).toBe(404);
    }
    expect((await team.lin.delete(`/topics/${own.id}`)).status).toBe(204);
    expect((await team.lin.get(`/topics/${own.id}`)).status).toBe(404);
    expect(idsOf((await team.lin.list(`/projects/${project}/topics`)).data)).not.toContain(own.id);
  });

  it('notify the members of the project and those that the content mentions, but not the creator', async () => {
    expect(await recipientsOf(() => create())).toEqual([team.ids.lin]);
    expect(await recipientsOf(() => create({ content: mention(team.ids.admin) }))).toEqual(
      [team.ids.admin, team.ids.lin].sort(),
    );
    expect(await recipientsOf(() => create({ content: mention(team.ids.chen) }, {}, team.lin))).toEqual([
      team.ids.owner,
    ]);
  });

  it('disappear with their project', async () => {
    const { data: topic } = await create();
    await team.owner.delete(`/projects/${project}`);
    expect((await team.owner.get(`/topics/${topic.id}`)).status).toBe(404);
    expect((await create()).status).toBe(404);
    project = await team.project([team.ids.lin]);
  });

  describe('comments', () => {
    it('are listed oldest first, and with their topic', async () => {
      const { data: topic } = await create();
      const ids: string[] = [];
      for (const caller of [team.owner, team.lin])
        ids.push((await caller.post(`/topics/${topic.id}/comments`, { comment: { content: '<p>同意</p>' } })).data.id);
      expect(idsOf((await team.lin.list(`/topics/${topic.id}/comments`)).data)).toEqual(ids);
      const { data, included } = await team.lin.get(`/topics/${topic.id}`);
      expect(idsOf(data.relationships?.comments?.data as Resource[])).toEqual(ids);
      expect(idsOf(included)).toEqual(expect.arrayContaining([...ids, team.ids.owner, team.ids.lin]));
    });

    it('notify the creator of the topic and the members that they mention', async () => {
      const { data: topic } = await create({}, {}, team.lin);
      const comment = (content: string) => () =>
        team.owner.post(`/topics/${topic.id}/comments`, { comment: { content } });
      expect(await recipientsOf(comment('看'))).toEqual([team.ids.lin]);
      expect(await recipientsOf(comment(mention(team.ids.admin)))).toEqual([team.ids.admin, team.ids.lin].sort());
    });

    it('are refused when the topic is invisible', async () => {
      const { data: topic } = await create();
      const comment = { comment: { content: '看' } };
      expect((await team.chen.post(`/topics/${topic.id}/comments`, comment)).status).toBe(404);
      await team.owner.delete(`/topics/${topic.id}`);
      expect((await team.owner.post(`/topics/${topic.id}/comments`, comment)).status).toBe(404);
      expect((await team.owner.list(`/topics/${topic.id}/comments`)).status).toBe(404);
    });
  });
});
