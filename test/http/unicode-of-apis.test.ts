import { afterAll, beforeAll, expect, it } from 'vitest';
import { signIn } from '../sandbox/control.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());

/** Half of a character: JSON can write it, but no database can store it. */
const BROKEN = '\\ud83d';

interface Written {
  path: string;
  method?: string;
  /** Of the server's own demo data. */
  token(): Promise<string>;
  /** A body with a name of the user or the group. */
  body(name: string): string;
  field: string;
  status: number;
}

const tokenOf = async (path: string, form: Record<string, string>) => {
  const response = await fetch(server.url + path, { method: 'POST', body: new URLSearchParams(form) });
  return ((await response.json()) as { access_token: string }).access_token;
};

const writes: Record<string, Written> = {
  tower: {
    path: '/tower/api/v1/teams/d0000000000000000000000000000001/projects',
    token: () => signIn(server.url),
    body: (name) => `{"project":{"name":"${name}"}}`,
    field: 'project.name',
    status: 400,
  },
  ucenter: {
    path: '/ucenter/api/user',
    method: 'PUT',
    token: () =>
      tokenOf('/ucenter/api/oauth/accessToken', {
        grant_type: 'password',
        client_id: 'UC00000000demo1',
        client_secret: 'ucenter-demo-secret',
        username: 'demo',
        password: 'demo-password',
      }),
    body: (name) => `{"username":"${name}"}`,
    field: 'username',
    status: 200,
  },
  ppmessage: {
    path: '/ppmessage/api/PP_CREATE_ANONYMOUS',
    token: () =>
      tokenOf('/ppmessage/ppauth/token', {
        grant_type: 'client_credentials',
        client_id: 'ppmessage-demo-ppcom-key',
        client_secret: 'ppmessage-demo-ppcom-secret',
      }),
    body: (name) => `{"app_uuid":"d0000000-0000-4000-8000-000000000001","ppcom_trace_uuid":"${name}"}`,
    field: 'ppcom_trace_uuid',
    status: 200,
  },
  gobelieve: {
    path: '/gobelieve/client/groups',
    token: async () => 'DemoTokenOfUser10001ofApp1xxxx',
    body: (name) => `{"master":10001,"name":"${name}","members":[10002]}`,
    field: 'name',
    status: 400,
  },
};

it.each(Object.entries(writes))('%s refuses a name that is not Unicode', async (_api, write) => {
  const { path, method = 'POST', field, status } = write;
  const headers = { Authorization: `Bearer ${await write.token()}`, 'Content-Type': 'application/json' };
  const send = async (name: string) => {
    const response = await fetch(server.url + path, { method, headers, body: write.body(name) });
    return { status: response.status, text: await response.text() };
  };
  for (const name of [BROKEN, `a${BROKEN}b`, '\\udc00']) {
    const refused = await send(name);
    expect([refused.status, refused.text]).toEqual([status, expect.stringContaining(field)]);
  }
  const accepted = await send('\\ud83d\\ude00 好');
  expect([accepted.status, accepted.text]).toEqual([200, expect.not.stringContaining(`${field} `)]);
});
