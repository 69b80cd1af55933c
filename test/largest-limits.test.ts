import { describe, expect, it } from 'vitest';
import { apis } from '../src/app.ts';
import type { LimitVariable } from '../src/config-variables.ts';
import { describeEachDatabase } from './support/databases.ts';
import { expectSuccess, useCentre } from './ucenter/centre.ts';

const largest = apis
  .flatMap(({ limits = {} }) => Object.entries(limits as Record<string, LimitVariable>))
  .map(([name, { most = 2_147_483_647 }]) => [name, String(most)]);

// A limit becomes a parameter of statements, which both engines have to take.
describeEachDatabase('the largest values of all limits', (databases) => {
  const centre = useCentre(databases, Object.fromEntries(largest));

  describe('are no error', () => {
    it('when codes are not sent too often, and when users register and change their names', async () => {
      // No variable of a pause: a code can be sent once a day.
      const { token, phone } = await centre.newUser();
      const changed = await centre.put('/api/user', { email: `${phone}@example.com`, username: `u${phone}` }, token);
      expectSuccess(changed, '修改成功');
      expect((await centre.post('/api/sms/code', { phone }, token)).message).toBe('发送过于频繁，请稍后再试');
    });

    it('when mail is sent and files are stored', async () => {
      const token = await centre.appToken();
      const mail = { email: 'a@example.com', subject: 'a', content: 'a' };
      expectSuccess(await centre.post('/api/email', mail, token), '邮件发送中');
      const multipart = new FormData();
      multipart.set('file', new File(['x'], 'x.txt'));
      expectSuccess(await centre.request('POST', '/api/file', { token, multipart }), '上传成功');
    });

    it('when a token of GoBelieve is used, and uploads a file', async () => {
      const headers = { authorization: 'Bearer DemoTokenOfUser10002ofApp1xxxx' };
      const at = (path: string) => `${centre.server.url}/gobelieve${path}`;
      expect((await fetch(at('/messages/offline'), { headers })).status).toBe(200);
      const body = new FormData();
      body.set('file', new File(['x'], 'x.txt', { type: 'text/plain' }));
      expect((await fetch(at('/v2/files'), { method: 'POST', headers, body })).status).toBe(200);
    });
  });
});
