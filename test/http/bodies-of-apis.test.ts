import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMockApp } from '../../src/app.ts';
import { startServer, type TestServer } from '../support/server.ts';

const LIMIT = 1000;

/** An operation of each API that has a body and no credentials, and a part of the API's own error body. */
const operations = {
  tower: { path: '/tower/oauth/token', own: /"error_description":/ },
  ucenter: { path: '/ucenter/api/oauth/accessToken', own: /"code":-?\d+,"message":"[^"]+","data":\{\}/ },
  ppmessage: { path: '/ppmessage/ppauth/token', own: /"error_code":/ },
  gobelieve: { path: '/gobelieve/auth/customer', own: /"meta":\{"code":\d+/ },
};

describe.each(['server', 'mock'])('the %s', (which) => {
  let server: TestServer;
  let mock: Server;
  let port: number;
  beforeAll(async () => {
    const room = { BODY_LIMIT: String(LIMIT), BODY_MEMORY: String(2 * LIMIT), BODY_IDLE_TIMEOUT: '300' };
    server = await startServer(room);
    mock = createServer(createMockApp(server.context)).listen(0, '127.0.0.1');
    await once(mock, 'listening');
    port = which === 'server' ? Number(new URL(server.url).port) : (mock.address() as AddressInfo).port;
  });
  afterAll(async () => {
    mock.closeAllConnections();
    mock.close();
    await server.close();
  });

  /** Sends a body without its end, and waits until the server reads it. */
  async function begin(path: string, length: string) {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: application/json`;
    socket.write(`${head}\r\n${length}\r\n\r\n`);
    await once(socket, 'data');
    return socket;
  }

  describe.each(Object.entries(operations))('of %s', (_api, { path, own }) => {
    const post = (body: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });

    it('answers 408, 413 and 503 in the form of the API', async () => {
      const large = await post(`"${'x'.repeat(LIMIT)}"`);
      expect([large.status, await large.text()]).toEqual([413, expect.stringMatching(own)]);
      const stalled = await begin(path, 'Transfer-Encoding: chunked');
      const refused = await post('{}');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await refused.text()).toMatch(own);
      const [answer] = await once(stalled, 'data');
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      expect(answer).toMatch(own);
    });
  });
});
