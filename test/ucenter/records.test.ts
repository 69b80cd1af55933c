import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import {
  type App,
  expectFailure,
  expectRefused,
  expectSuccess,
  type Fields,
  newPhone,
  type Schemas,
  useCentre,
} from './centre.ts';

type Page = { total: number; page: number; page_size: number; next?: number } & Record<string, { id: number }[]>;

// Section 8.1 of the document; U-40 to U-42.
describeEachDatabase('logs and records', (databases) => {
  const centre = useCentre(databases);
  const log = { type: 'U', title: '修改用户', data: '{"sex":"女"}' };
  const admin = () => centre.signIn(centre.credentials.admin);
  const owner = () => centre.signIn(centre.credentials.second_user, centre.credentials.second_app);

  it('records a log with user, address and Beijing time', async () => {
    const before = Date.now();
    for (const type of ['A', 'D', 'S', 'U'])
      expect(
        expectSuccess(
          await centre.post('/api/log', { ...log, type, sql: 'select 1' }, await centre.signIn()),
          '记录成功',
        ),
      ).toEqual({});
    const { logs } = expectSuccess(await centre.get<Schemas['LogPage']>('/api/log', await admin()), '获取日志成功');
    expect(logs.slice(0, 4).map(({ type }) => type)).toEqual(['U', 'S', 'D', 'A']);
    const [newest] = logs;
    expect(newest).toEqual({
      id: expect.any(Number),
      user_id: centre.credentials.user.user_id,
      ...log,
      sql: 'select 1',
      ip: expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$|^::1$/),
      created_at: expect.any(String),
    });
    const created = Date.parse(`${newest?.created_at.replace(' ', 'T')}+08:00`);
    expect(created).toBeGreaterThanOrEqual(before - 1000);
    expect(created).toBeLessThanOrEqual(Date.now());
  });

  it("records user 0 for an application's own token, and an absent sql as the empty string", async () => {
    expectSuccess(await centre.post('/api/log', log, await centre.appToken()), '记录成功');
    const { logs } = expectSuccess(await centre.get<Schemas['LogPage']>('/api/log', await admin()), '获取日志成功');
    expect(logs[0]).toMatchObject({ ...log, user_id: 0, sql: '' });
  });

  it('keeps texts unchanged', async () => {
    const odd = { title: '标题 <b>&"\'🀄️', data: '行一\n行二\t{"a": "\\u0000"}', sql: "select '; drop table x --'" };
    expectSuccess(
      await centre.request('POST', '/api/log', { token: await centre.signIn(), json: { ...log, ...odd } }),
      '记录成功',
    );
    const { logs } = expectSuccess(await centre.get<Schemas['LogPage']>('/api/log', await admin()), '获取日志成功');
    expect(logs[0]).toMatchObject(odd);
  });

  it.each([
    [{ type: undefined }, 'type 不能为空。', 'type'],
    [{ type: '' }, 'type 不能为空。', 'type'],
    [{ type: 'u' }, '已选的属性 type 非法。', 'type'],
    [{ type: 'AD' }, '已选的属性 type 非法。', 'type'],
    [{ title: undefined }, '标题 不能为空。', 'title'],
    [{ title: '' }, '标题 不能为空。', 'title'],
    [{ data: undefined }, 'data 不能为空。', 'data'],
    [{ data: '' }, 'data 不能为空。', 'data'],
    [{ type: 'X', title: '', data: '' }, '已选的属性 type 非法。', 'type'],
  ] as [Fields, string, string][])('refuses a log with %j', async (fields, message, field) => {
    expectFailure(await centre.post('/api/log', { ...log, ...fields }, await centre.signIn()), message, field);
  });

  describe.each([
    ['logs', '/api/log', '获取日志成功'],
    ['files', '/api/file', '获取文件成功'],
    ['emails', '/api/email', '获取邮件成功'],
    ['messages', '/api/sms', '获取短信成功'],
  ] as const)('pages of %s', (name, path, message) => {
    /** Creates one more record of an application. */
    async function add(app: App): Promise<void> {
      const token = await centre.appToken(app);
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      const answer = await {
        logs: () => centre.post('/api/log', log, token),
        files: () => centre.request('POST', '/api/file', { token, multipart }),
        emails: () => centre.post('/api/email', { email: 'a@example.com', subject: 's', content: 'c' }, token),
        messages: () => centre.post('/api/sms/code', { phone: newPhone() }, token),
      }[name]();
      expect(answer.code, answer.message).toBe(1);
    }
    const list = async (query: Fields = {}) =>
      expectSuccess(await centre.get<Page>(path, await owner(), query), message);

    it('have the newest first and each record once, and end', async () => {
      const { second_app } = centre.credentials;
      const { total: before } = await list();
      for (let count = 0; count < 5; count++) await add(second_app);
      const all = await list({ page_size: '100' });
      expect(all).toMatchObject({ total: before + 5, page: 1, page_size: 100 });
      const ids = all[name]?.map(({ id }) => id) ?? [];
      expect(ids).toHaveLength(before + 5);
      expect(ids).toEqual([...ids].sort((a, b) => b - a));
      const pages: number[] = [];
      for (let page = 1; page <= Math.ceil(ids.length / 2); page++) {
        const found = await list({ page: String(page), page_size: '2' });
        expect(found).toMatchObject({ total: ids.length, page, page_size: 2 });
        pages.push(...(found[name]?.map(({ id }) => id) ?? []));
      }
      expect(pages).toEqual(ids);
      expect(await list({ page: '1000000', page_size: '100' })).toMatchObject({ total: ids.length, [name]: [] });
      expect(await list()).toMatchObject({ page: 1, page_size: 20 });
    });

    it('continue below a record, without repetition and loss while records come in', async () => {
      const { second_app } = centre.credentials;
      for (let count = 0; count < 5; count++) await add(second_app);
      const idsOf = (page: Page) => page[name]?.map(({ id }) => id) ?? [];
      const ids = idsOf(await list({ page_size: '100' }));

      const read: number[] = [];
      let before: number | undefined;
      do {
        const page = await list({ page_size: '2', ...(before !== undefined && { before: String(before) }) });
        read.push(...idsOf(page));
        await add(second_app);
        before = page.next;
      } while (before !== undefined);
      expect(read).toEqual(ids);

      // Numbered pages are counted from there, and lead to the same positions.
      const [first = 0] = ids;
      const second = await list({ page: '2', page_size: '2', before: String(first + 1) });
      expect(second).toMatchObject({ page: 2, page_size: 2, next: ids[3] });
      expect(idsOf(second)).toEqual(ids.slice(2, 4));
    });

    it('have no next page at the end', async () => {
      for (let count = 0; count < 2; count++) await add(centre.credentials.second_app);
      const { total, next, ...all } = await list({ page_size: '100' });
      const last = all[name]?.at(-1)?.id;
      expect([next, all[name]?.length]).toEqual([undefined, total]);
      expect(await list({ page_size: String(total) })).not.toHaveProperty('next');
      expect(await list({ page_size: String(total - 1) })).toHaveProperty('next', all[name]?.at(-2)?.id);
      expect(await list({ before: String(last) })).toEqual({ total, page: 1, page_size: 20, [name]: [] });
    });

    it("show records of the token's application to its administrators only", async () => {
      await add(centre.credentials.second_app);
      const { total } = await list();
      await add(centre.app);
      expect((await list()).total).toBe(total);
      expectRefused(await centre.get(path, await centre.signIn()), 403, '无权访问');
      expectRefused(await centre.get(path, await centre.appToken()), 403, '无权访问');
      const { admin: administrator, second_app } = centre.credentials;
      expectRefused(await centre.get(path, await centre.signIn(administrator, second_app)), 403, '无权访问');
    });

    it.each([
      [{ page: '0' }, 'page'],
      [{ page: '-1' }, 'page'],
      [{ page: 'x' }, 'page'],
      [{ page: '1.5' }, 'page'],
      [{ page: '1000001' }, 'page'],
      [{ page_size: '0' }, 'page_size'],
      [{ page_size: '101' }, 'page_size'],
      [{ before: '0' }, 'before'],
      [{ before: 'x' }, 'before'],
      [{ before: '2147483648' }, 'before'],
    ] as [Fields, string][])('refuse %j', async (query, field) => {
      const answer = await centre.get<Schemas['ProblemData']>(path, await owner(), query);
      expect([answer.status, answer.code, answer.data.errors?.[0]?.field]).toEqual([200, 0, field]);
    });
  });

  it('show no code of an SMS, which could reset a password', async () => {
    const phone = newPhone();
    const code = await centre.sendCode(phone, await centre.signIn());
    const page = expectSuccess(await centre.get<Schemas['SmsPage']>('/api/sms', await admin()), '获取短信成功');
    const [message] = page.messages;
    expect(message).toMatchObject({
      phone,
      user_id: centre.credentials.user.user_id,
      content: '您好，您的验证码是：******',
    });
    expect(JSON.stringify(page)).not.toContain(code);
  });
});
