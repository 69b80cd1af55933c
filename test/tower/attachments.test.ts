import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { deleteExpired } from '../../src/tower/database/housekeeping.ts';
import { useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Caller, idsOf, type Resource } from './caller.ts';
import { type Form, sendForm, useTeam } from './team.ts';

const HOUR_MS = 60 * 60 * 1000;
const md5 = (content: string | Buffer) => createHash('md5').update(content);
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();

// Direct uploads, uploads and attachments (T-48 to T-52).
describeEachDatabase('attachments', (databases) => {
  const team = useTeam(databases);
  let project: string;
  let list: string;

  beforeAll(async () => {
    project = await team.project([team.ids.lin]);
    list = await team.todolist(project);
  });

  const upload = (caller: Caller, attfile_guid: string) =>
    caller.post(`/projects/${project}/uploads`, { attfile_guid });

  /** A new upload of the owner, with its attachment. */
  async function newUpload(content: string | Buffer, filename?: string) {
    const { data, included } = await upload(team.owner, await team.storeFile(team.owner, content, filename));
    return { upload: data, attachment: included.find(({ type }) => type === 'attachments') as Resource };
  }

  const addressOf = async (attfile: string, query: Record<string, string> = {}, caller = team.lin) =>
    (await caller.getPlain<{ url: string }>(`/attfiles/${attfile}?${new URLSearchParams(query)}`)).url;

  describe('direct uploads', () => {
    it('return a form like that of the original, which stores the file once', async () => {
      const form = await team.reserve(team.owner, 'content', '../目录/说明.txt');
      expect(JSON.parse(atob(form.directUpload.policy))).toEqual({
        expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        conditions: [{ bucket: 'tower' }, ['eq', '$key', form.directUpload.key], ['content-length-range', 7, 7]],
      });
      expect(form.directUpload.key).toBe(`${team.teamId}/${form.guid}`);
      const stored = await sendForm(form, 'content');
      expect(stored).toEqual({
        status: 200,
        body: {
          attfile_guid: form.guid,
          key: form.directUpload.key,
          filename: '说明.txt',
          size: 7,
          mimeType: 'text/plain',
          width: null,
          height: null,
        },
      });
      expect((await sendForm(form, 'content')).status).toBe(409);
    });

    it('store one of two files that come for one form at once', async () => {
      const form = await team.reserve(team.owner, 'content');
      const statuses = await Promise.all([1, 2, 3].map(async () => (await sendForm(form, 'content')).status));
      expect(statuses.sort()).toEqual([200, 409, 409]);
    });

    it('take the MD5 in hex of either case and in Base64', async () => {
      for (const value of [md5('x').digest('hex').toUpperCase(), md5('x').digest('base64')]) {
        const body = { filename: 'x', byte_size: 1, md5: value };
        const form = await team.owner.postPlain<Form>(`/teams/${team.teamId}/direct_uploads`, body);
        expect((await sendForm(form, 'x')).status).toBe(200);
      }
      const wrong = { filename: 'x', byte_size: 1, md5: 'abc' };
      expect((await team.owner.post(`/teams/${team.teamId}/direct_uploads`, wrong)).status).toBe(400);
    });

    it('refuse another size, another content and a changed form, and can be repeated', async () => {
      const form = await team.reserve(team.owner, 'content');
      for (const content of ['longer content', 'changed'])
        expect(await sendForm(form, content)).toMatchObject({
          status: 422,
          body: { errors: [{ source: { pointer: '/file' } }] },
        });
      const other = await team.reserve(team.owner, 'content');
      for (const change of [
        { Signature: 'forged' },
        { policy: btoa('{}') },
        { key: other.directUpload.key },
        { key: `other/${form.guid}` },
      ])
        expect((await sendForm({ ...form, directUpload: { ...form.directUpload, ...change } }, 'content')).status).toBe(
          403,
        );
      expect((await sendForm(form, 'content')).status).toBe(200);
    });

    it('refuse a form that has expired', async () => {
      const form = await team.reserve(team.owner, 'content');
      await team.tower.database
        .updateTable('tower_attfiles')
        .set({ expires_at: 1 })
        .where('id', '=', form.guid)
        .execute();
      expect((await sendForm(form, 'content')).status).toBe(403);
    });
  });

  describe('uploads', () => {
    it('have the name of the file, and list its attachment, its comments and their members', async () => {
      const { upload: created, attachment } = await newUpload('content', '说明.txt');
      expect(created).toMatchObject({ type: 'uploads', attributes: { name: '说明.txt', desc: '说明.txt' } });
      expect(created.relationships?.attachment?.data).toEqual({ id: attachment.id, type: 'attachments' });
      expect(attachment.attributes).toMatchObject({
        content_type: 'text/plain',
        byte_size: 7,
        width: null,
        height: null,
        filename: '说明.txt',
        icon_url: expect.stringContaining('TXT'),
      });
      const page = await team.lin.list(`/projects/${project}/uploads`);
      expect(idsOf(page.data)).toContain(created.id);
      expect(idsOf(page.included)).toEqual(expect.arrayContaining([attachment.id, team.ids.owner]));
      expect((await team.lin.get(`/uploads/${created.id}`)).data.id).toBe(created.id);
    });

    it('use a file once, and only one that the caller has stored', async () => {
      const guid = await team.storeFile(team.owner, 'content');
      expect((await upload(team.lin, guid)).status).toBe(422);
      const answers = await Promise.all([upload(team.owner, guid), upload(team.owner, guid)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
      expect((await upload(team.owner, guid)).errors[0]?.source).toEqual({ pointer: '/attfile_guid' });
      const { guid: empty } = await team.reserve(team.owner, 'content');
      expect((await upload(team.owner, empty)).status).toBe(422);
    });

    it('are deleted by their creator or a manager, and their files are then invisible', async () => {
      const { upload: created, attachment } = await newUpload('content');
      expect((await team.lin.delete(`/uploads/${created.id}`)).status).toBe(403);
      expect((await team.chen.delete(`/uploads/${created.id}`)).status).toBe(404);
      expect((await team.admin.delete(`/uploads/${created.id}`)).status).toBe(204);
      expect((await team.owner.get(`/uploads/${created.id}`)).status).toBe(404);
      expect((await team.owner.get(`/attfiles/${attachment.id}`)).status).toBe(404);
      expect(idsOf((await team.owner.list(`/projects/${project}/uploads`)).data)).not.toContain(created.id);
    });
  });

  describe('of todos', () => {
    it('stay, are replaced and are removed', async () => {
      const [first, second] = [await team.storeFile(team.owner, 'one'), await team.storeFile(team.owner, 'two')];
      const todo = await team.todo(list, { attfile_guids: [first, first] });
      const attachmentsAfter = async (changes: object) => {
        const { data } = await team.owner.patch(`/todos/${todo}`, { todo: changes });
        return idsOf(data.relationships?.attachments?.data as Resource[]);
      };
      expect(await attachmentsAfter({ content: '改' })).toEqual([first]);
      expect(await attachmentsAfter({ attfile_guids: [first, second] })).toEqual([first, second]);
      expect(await attachmentsAfter({ attfile_guids: [second] })).toEqual([second]);
      expect((await team.owner.patch(`/todos/${todo}`, { todo: { attfile_guids: [first] } })).status).toBe(422);
      const { included } = await team.lin.get(`/todos/${todo}`);
      expect(included.find(({ id }) => id === second)?.attributes.byte_size).toBe(3);
      expect(await attachmentsAfter({ attfile_guids: [] })).toEqual([]);
    });

    it('are not used when the todo is refused', async () => {
      const guid = await team.storeFile(team.owner, 'one');
      const refused = await team.owner.post(`/todolists/${list}/todos`, {
        todo: { content: '任务', attfile_guids: [guid, 'unknown'] },
      });
      expect([refused.status, refused.errors[0]?.source]).toEqual([422, { pointer: '/todo/attfile_guids' }]);
      await team.todo(list, { attfile_guids: [guid] });
    });
  });

  describe('addresses', () => {
    it('are for members who can see the project', async () => {
      const { attachment } = await newUpload('content');
      for (const caller of [team.chen, team.outsider])
        expect((await caller.get(`/attfiles/${attachment.id}`)).status).toBe(404);
      const unused = await team.storeFile(team.owner, 'content');
      expect((await team.owner.get(`/attfiles/${unused}`)).status).toBe(404);
    });

    it('need no token, give the bytes in parts, and only when they are new', async () => {
      const { attachment } = await newUpload('content', '说明.txt');
      for (const url of [attachment.attributes.url, await addressOf(attachment.id)]) {
        const whole = await fetch(url);
        expect([whole.status, whole.headers.get('content-type'), await whole.text()]).toEqual([
          200,
          expect.stringContaining('text/plain'),
          'content',
        ]);
        expect(whole.headers.get('content-disposition')).toContain('inline; filename="__.txt"; filename*=UTF-8\'\'');
        const part = await fetch(url, { headers: { Range: 'bytes=3-' } });
        expect([part.status, await part.text()]).toEqual([206, 'tent']);
        const known = await fetch(url, { headers: { 'If-None-Match': whole.headers.get('etag') ?? '' } });
        expect(known.status).toBe(304);
        expect(new URL(url).pathname.split('/').at(-1)).toBe(attachment.id);
      }
    });

    it('can name the file, the type and that browsers save it', async () => {
      const { attachment } = await newUpload('content');
      const headersOf = async (query: Record<string, string>) => {
        const { headers } = await fetch(await addressOf(attachment.id, query));
        return [headers.get('content-type')?.split(';')[0], headers.get('content-disposition')?.split(';')[0]];
      };
      expect(await headersOf({ download: 'true' })).toEqual(['text/plain', 'attachment']);
      expect(await headersOf({ download: 'false' })).toEqual(['text/plain', 'inline']);
      expect(await headersOf({ content_type: 'application/pdf' })).toEqual(['application/pdf', 'inline']);
      expect(await headersOf({ content_type: 'text/html' })).toEqual(['application/octet-stream', 'attachment']);
      expect(await headersOf({ filename: 'a.html' })).toEqual(['application/octet-stream', 'attachment']);
      const named = await fetch(await addressOf(attachment.id, { filename: '新 名.txt' }));
      expect(named.headers.get('content-disposition')).toContain(encodeURIComponent('新 名.txt'));
    });

    it('are void when they are changed, have expired or the file is gone', async () => {
      const guid = await team.storeFile(team.owner, 'content');
      const todo = await team.todo(list, { attfile_guids: [guid] });
      const url = await addressOf(guid, { filename: 'a.txt' });
      const changed = (name: string, value: string) => {
        const other = new URL(url);
        other.searchParams.set(name, value);
        return fetch(other);
      };
      for (const [name, value] of Object.entries({
        filename: 'b.txt',
        download: '1',
        Expires: '9999999999',
        Signature: 'forged',
      }))
        expect([name, (await changed(name, value)).status]).toEqual([name, 403]);
      expect((await changed('Expires', '1')).status).toBe(403);
      await team.owner.patch(`/todos/${todo}`, { todo: { attfile_guids: [] } });
      expect((await fetch(url)).status).toBe(404);
    });
  });

  describe('pictures', () => {
    it('have a width, a height and three smaller versions', async () => {
      const { attachment } = await newUpload(await picture(1600, 800), '图.png');
      expect(attachment.attributes).toMatchObject({ content_type: 'image/png', width: 1600, height: 800 });
      for (const [version, width] of Object.entries({ small: 200, medium: 600, large: 1200 })) {
        const response = await fetch(await addressOf(attachment.id, { version }));
        const bytes = Buffer.from(await response.arrayBuffer());
        expect(await sharp(bytes).metadata()).toMatchObject({ width, height: width / 2 });
      }
      const rows = await team.tower.database
        .selectFrom('tower_attfile_versions')
        .selectAll()
        .where('attfile_id', '=', attachment.id)
        .execute();
      expect(rows.length).toBe(3);
    });

    it('make one version for many requests at once, and do not grow', async () => {
      const { attachment } = await newUpload(await picture(90, 60), '图.png');
      const url = await addressOf(attachment.id, { version: 'small' });
      const answers = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(url)).arrayBuffer()));
      expect(new Set(answers.map((bytes) => md5(Buffer.from(bytes)).digest('hex'))).size).toBe(1);
      expect(await sharp(Buffer.from(answers[0] as ArrayBuffer)).metadata()).toMatchObject({ width: 90, height: 60 });
    });

    it('that cannot be decoded, and other files, are sent as they are', async () => {
      const broken = (await picture(300, 300)).subarray(0, 60);
      for (const content of [broken, Buffer.from('text')]) {
        const { attachment } = await newUpload(content, 'a.png');
        for (let time = 0; time < 2; time++) {
          const response = await fetch(await addressOf(attachment.id, { version: 'small' }));
          expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
        }
      }
    });
  });

  it('deletes files that are not attached in time or are attached no longer, and their versions', async () => {
    const { context } = team.tower.server;
    const { database, files } = context;
    const removed = await team.storeFile(team.owner, await picture(300, 300), 'a.png');
    const todo = await team.todo(list, { attfile_guids: [removed] });
    await (await fetch(await addressOf(removed, { version: 'small' }))).arrayBuffer();
    await team.owner.patch(`/todos/${todo}`, { todo: { attfile_guids: [] } });
    const unused = await team.storeFile(team.owner, 'unused');
    const { attachment: kept } = await newUpload('kept');
    const rows = () => database.selectFrom('tower_attfiles').select('id').where('id', 'in', ids).execute();
    const ids = [removed, unused, kept.id];
    const now = context.clock.now();
    await deleteExpired(database, now + 1);
    expect(idsOf((await rows()) as Resource[]).sort()).toEqual([unused, kept.id].sort());
    await deleteExpired(database, now + 25 * HOUR_MS);
    expect(idsOf((await rows()) as Resource[])).toEqual([kept.id]);
    expect(await files.sweep(now + 48 * HOUR_MS)).toBeGreaterThanOrEqual(3);
    expect(await (await fetch(kept.attributes.url)).text()).toBe('kept');
  });
});

describeEachDatabase('the limit of the files of a team', (databases) => {
  const tower = useTower(databases, { TOWER_STORAGE_LIMIT: '10' });

  it('refuses what does not fit, also in parallel, and leaves the other teams alone', async () => {
    const { access_token } = await tower.signIn();
    const { empty_team_id: teamId } = tower.credentials;
    const reserve = (byte_size: number) =>
      fetch(`${tower.credentials.base_url}/api/v1/teams/${teamId}/direct_uploads`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ filename: 'a', byte_size, md5: '0'.repeat(32) }),
      });
    expect((await reserve(11)).status).toBe(422);
    const replies = await Promise.all(Array.from({ length: 5 }, () => reserve(4)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 422, 422, 422]);
    // The files of the demo team, which are larger, do not count here.
    expect((await reserve(2)).status).toBe(200);
    expect(await (await reserve(1)).json()).toMatchObject({ errors: [{ source: { pointer: '/byte_size' } }] });
    // Reservations that expired give their bytes back.
    const { clock, database } = tower.server.context;
    await deleteExpired(database, clock.now() + 3 * HOUR_MS);
    expect((await reserve(10)).status).toBe(200);
    expect((await reserve(1)).status).toBe(422);
  });
});
