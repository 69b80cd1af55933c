import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandboxClient } from '../../src/client/index.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('createSandboxClient', () => {
  it('calls the operations', async () => {
    const sandbox = createSandboxClient({ baseUrl: `${server.url}/sandbox/` });
    expect((await sandbox.GET('/credentials')).data).toMatchObject({ origin: server.url });
    await server.context.messages.enqueue(server.context.database, {
      api: 'tower',
      channel: 'sms',
      to: 'lily',
      body: 'Your code is 123456',
      code: '123456',
    });
    const { data = [] } = await sandbox.GET('/outbox', { params: { query: { to: 'lily', wait: '5s' } } });
    expect(data).toMatchObject([{ to: 'lily', code: '123456' }]);
    expect((await sandbox.DELETE('/outbox')).response.status).toBe(204);
  });

  it('has the error of a rejected request', async () => {
    const sandbox = createSandboxClient({ baseUrl: `${server.url}/sandbox` });
    const { error } = await sandbox.GET('/outbox', { params: { query: { wait: 'soon' } } });
    expect(error).toMatchObject({ error: 'invalid_request', details: [{ path: '/query/wait' }] });
  });
});
