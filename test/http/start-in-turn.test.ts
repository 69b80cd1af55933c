import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setNoDelay(true);
  sockets.push(socket);
  // An answer shows that the server has accepted the connection.
  await send(socket, '/livez');
  return socket;
}

/** Resolves when the socket gets the first bytes of an answer. */
async function send(socket: Socket, path: string): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nonsense\r\n\r\n`);
  return new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString().slice(0, 12))));
}

it.each(['/livez', '/readyz', '/metrics'])('answers %s before most of 1000 earlier requests', async (path) => {
  const clients = await Promise.all(Array.from({ length: 1000 }, open));
  const check = await open();
  let answered = 0;
  const requests = clients.map(async (client) => {
    expect(await send(client, '/gobelieve/messages/offline')).toBe('HTTP/1.1 401');
    answered += 1;
  });
  expect(await send(check, path)).toBe('HTTP/1.1 200');
  expect(answered).toBeLessThan(500);
  await Promise.all(requests);
});

it('serves requests in the order in which they came', async () => {
  const clients = await Promise.all(Array.from({ length: 50 }, open));
  const order: number[] = [];
  const requests = clients.map(async (client, index) => {
    await send(client, '/tower/api/v1/teams/1/member');
    order.push(index);
  });
  await Promise.all(requests);
  expect(order).toEqual(clients.map((_, index) => index));
});
