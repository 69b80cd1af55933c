import { createServer, request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { ucenter } from '../../src/ucenter/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { expectFailure, expectRefused, expectSuccess, read, type Schemas, useCentre } from './centre.ts';

// U-1 to U-5, U-8. `read` asserts the envelope of every answer.
describeEachDatabase('the envelope', (databases) => {
  const centre = useCentre(databases, { BODY_LIMIT: '20000' });

  /** Sends requests that `fetch` would correct. */
  const raw = (method: string, path: string, headers: Record<string, string> = {}, body: string | Buffer = '') =>
    new Promise<Response>((resolve, reject) => {
      const { hostname, port } = new URL(centre.url);
      const length = { 'content-length': String(Buffer.byteLength(body)) };
      const sent = open(
        { hostname, port, method, path: `/ucenter${path}`, headers: { ...length, ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve(
              new Response(Buffer.concat(chunks), {
                status: answer.statusCode ?? 0,
                headers: answer.headers as Record<string, string>,
              }),
            ),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };

  it('answers an unknown address and a wrong method with 1004', async () => {
    for (const path of ['/api', '/api/', '/api/nothing', '/api/user/nothing', '/nowhere', '/API/user'])
      expectRefused(await read(await raw('GET', path)), 404, '资源不存在');
    const answer = await read(await raw('DELETE', '/api/user'));
    expectRefused(answer, 405);
    expect(answer.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(['GET', 'POST', 'PUT']));
    expectRefused(await read(await raw('GET', '/api/oauth/accessToken')), 405);
  });

  it('takes another method from a form or a header of a POST, as Laravel does', async () => {
    const { access_token } = await centre.signIn();
    const token = { authorization: `Bearer ${access_token}` };
    const part = (name: string, value: string) =>
      `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const [headers, body] of [
      [form, '_method=PUT&position=1'],
      [form, `_method=put&position=2&access_token=${access_token}`],
      [multipart, `${part('_method', 'PUT')}${part('position', '3')}--x--\r\n`],
      [{ ...json, 'x-http-method-override': 'PUT' }, '{"position":"4"}'],
    ] as const) {
      const credentials = body.includes('access_token') ? {} : token;
      expectSuccess(await read(await raw('POST', '/api/user', { ...credentials, ...headers }, body)), '修改成功');
    }
    const removal = { ...token, 'x-http-method-override': 'DELETE' };
    expectRefused(await read(await raw('POST', '/api/user', removal)), 405);
    // Any other value, and any other method, is itself.
    for (const [headers, body] of [
      [form, '_method=GET&position=1'],
      [{ ...json, 'x-http-method-override': 'GET' }, '{"position":"1"}'],
      [{ ...json }, '{"_method":"PUT","position":"1"}'],
    ] as const)
      expectFailure(
        await read(await raw('POST', '/api/user', { ...token, ...headers }, body)),
        '手机 不能为空。',
        'phone',
      );
    const reading = await read(await raw('GET', '/api/user', { ...token, 'x-http-method-override': 'DELETE' }));
    expect(reading).toMatchObject({ status: 200, code: 1 });
  });

  it('answers an unreadable body with 1000', async () => {
    const { access_token } = await centre.signIn();
    const token = { authorization: `Bearer ${access_token}` };
    for (const [headers, body] of [
      [json, '{"type":'],
      [json, '{"type":"\\ud800'],
      [json, Buffer.from('{"type":"\xff"}', 'latin1')],
      [form, 'type=%zz'],
      [form, 'type=%E4%B8'],
    ] as const)
      expectRefused(
        await read(await raw('POST', '/api/log', { ...token, ...headers }, body)),
        400,
        '参数错误, 请求体无法解析',
      );
    const multipart = { 'content-type': 'multipart/form-data; boundary=b' };
    for (const body of ['', 'x', '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx'])
      expectRefused(await read(await raw('POST', '/api/file', { ...token, ...multipart }, body)), 400);
    expectRefused(
      await read(await raw('POST', '/api/file', { ...token, 'content-type': 'multipart/form-data' }, 'x')),
      400,
    );
  });

  it('answers JSON that is no object with 0 or 1000', async () => {
    const { access_token } = await centre.signIn();
    for (const body of ['null', '[]', '1', '"text"', 'true']) {
      const answer = await read(
        await raw('POST', '/api/log', { authorization: `Bearer ${access_token}`, ...json }, body),
      );
      expect([0, 1000]).toContain(answer.code);
    }
  });

  it('names a field of a wrong type', async () => {
    const token = await centre.signIn();
    for (const value of [1, true, null, [], {}, ['a', 'b']]) {
      const sent = { type: 'A', title: value, data: 'x' };
      const answer = await centre.request<Schemas['ProblemData']>('POST', '/api/log', { token, json: sent });
      expect([answer.status, answer.code, answer.data.errors?.[0]?.field]).toEqual([200, 0, 'title']);
    }
    const twice = await read<Schemas['ProblemData']>(
      await raw(
        'POST',
        '/api/log',
        { authorization: `Bearer ${token.access_token}`, ...form },
        'type=A&title=a&title=b&data=x',
      ),
    );
    expect([twice.status, twice.code, twice.data.errors?.[0]?.field]).toEqual([200, 0, 'title']);
  });

  it('lists every wrong field, and the first one as the message', async () => {
    const answer = await centre.post<Schemas['ProblemData']>('/api/log', {}, await centre.signIn());
    expectFailure(answer, 'type 不能为空。', 'type');
    expect(answer.data.errors).toEqual([
      { field: 'type', message: 'type 不能为空。' },
      { field: 'title', message: '标题 不能为空。' },
      { field: 'data', message: 'data 不能为空。' },
    ]);
  });

  it('ignores unknown and empty query parameters', async () => {
    const token = await centre.signIn();
    const { data } = await centre.get<Schemas['User']>('/api/user', token);
    expect((await centre.get<Schemas['User']>('/api/user', token, { _: '1', user_id: '' })).data).toEqual(data);
    expectRefused(await read(await raw('GET', '/api/user?a=%E4%B8')), 400, '参数错误, 地址无法解析');
  });

  it('answers 413, 415 and 406 with 1000', async () => {
    const { access_token } = await centre.signIn();
    const token = { authorization: `Bearer ${access_token}` };
    expectRefused(
      await read(await raw('POST', '/api/log', { ...token, ...form }, `data=${'x'.repeat(20_000)}`)),
      413,
      '参数错误, 请求体过大',
    );
    expectRefused(
      await read(await raw('POST', '/api/log', { ...token, ...json }, `{"data":"${'x'.repeat(20_000)}"}`)),
      413,
    );
    expectRefused(await read(await raw('POST', '/api/log', { ...token, 'content-type': 'text/xml' }, '<a/>')), 415);
    expectRefused(await read(await raw('POST', '/api/file', { ...token, ...form }, 'file=x')), 415);
    expectRefused(
      await read(await raw('GET', '/api/user', { ...token, accept: 'text/html' })),
      406,
      '参数错误, Accept',
    );
  });

  it('checks the token before the fields', async () => {
    expectRefused(await centre.post('/api/log', {}), 400, '参数错误, access_token');
    expectRefused(await centre.post('/api/log', {}, { access_token: 'x' }), 401, 'access_token错误');
    expectRefused(await centre.put('/api/user', { sex: '男' }, await centre.appToken()), 403, '无权访问');
  });

  it('ignores a JSONP callback and answers with JSON', async () => {
    const response = await raw('GET', `/api/user?callback=evil&access_token=${(await centre.signIn()).access_token}`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.text()).not.toContain('evil');
  });

  it('gives every answer a request id and keeps it out of caches', async () => {
    const token = await centre.signIn();
    for (const answer of [
      await centre.get('/api/user', token),
      await centre.get('/api/user'),
      await centre.get('/api/nothing'),
    ]) {
      expect(answer.headers.get('x-request-id')).toMatch(/\S/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expectSuccess(await centre.get('/api/user', token), '获取用户信息成功');
    expect((await centre.get('/api/user', token)).headers.get('cache-control')).toContain('no-store');
  });

  describe('an unforeseen error', () => {
    it('is answered with -1 and no details', async () => {
      const explode = () => {
        throw new Error('secret words');
      };
      const operations = Object.fromEntries(Object.keys(ucenter.operations).map((id) => [id, explode]));
      const app = createServer(createApp(centre.server.context, { served: [{ ...ucenter, operations }] }));
      await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
      try {
        const { access_token } = await centre.signIn();
        const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/ucenter/api/user`;
        const answer = await read(await fetch(url, { headers: { authorization: `Bearer ${access_token}` } }));
        expectRefused(answer, 500, '系统错误');
        expect(answer.code).toBe(-1);
        expect(JSON.stringify(answer)).not.toContain('secret words');
      } finally {
        app.closeAllConnections();
        app.close();
      }
    });
  });
});
