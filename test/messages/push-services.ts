import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** The answer of a push service. */
export interface PushAnswer {
  status: number;
  body?: object;
}

export interface PushCall {
  path: string;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
}

/** Apple's push service on a local port, over HTTP/2 without TLS. `url` is a value of APNS_URL. */
export async function receiveApns(answer: (call: PushCall) => PushAnswer | undefined = () => ({ status: 200 })) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const calls: PushCall[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', async (stream, headers) => {
    const call = { path: headers[':path'] as string, headers, body: JSON.parse(await text(stream)) };
    calls.push(call);
    const { status, body } = answer(call) ?? { status: 0 };
    if (status === 0) return stream.session?.destroy();
    stream.respond({ ':status': status });
    stream.end(body && JSON.stringify(body));
  });
  const port = await listen(server);
  const key = await writeTemporary('AuthKey.p8', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const url = `http://KEY1234567:TEAM123456@127.0.0.1:${port}?topic=com.example.chat&key=${encodeURIComponent(key)}`;
  /** The claims of a token, after its signature was verified. */
  const readToken = (authorization: unknown) => readJwt(String(authorization).replace('bearer ', ''), publicKey);
  return { url, calls, sessions, readToken };
}

/** Firebase Cloud Messaging and Google's token endpoint on a local port. `url` is a value of FCM_URL. */
export async function receiveFcm(answer: (call: PushCall) => PushAnswer = () => ({ status: 200, body: {} })) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const calls: PushCall[] = [];
  const grants: ReturnType<typeof readJwt>[] = [];
  const server = createServer(async (request, response) => {
    const content = await text(request);
    if (request.url === '/token') {
      grants.push(readJwt(new URLSearchParams(content).get('assertion') ?? '', publicKey));
      response.end(JSON.stringify({ access_token: `access ${grants.length}`, expires_in: 3600 }));
      return;
    }
    const call = { path: request.url ?? '', headers: request.headers, body: JSON.parse(content) };
    calls.push(call);
    const { status, body } = answer(call);
    response.writeHead(status).end(JSON.stringify(body));
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${port}`;
  const account = {
    project_id: 'demo-project',
    client_email: 'push@demo-project.example',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `${origin}/token`,
  };
  const file = await writeTemporary('account.json', JSON.stringify(account));
  return { url: `${origin}?account=${encodeURIComponent(file)}`, calls, grants };
}

async function listen(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export async function writeTemporary(name: string, content: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'qiyue-push-')), name);
  await writeFile(file, content);
  return file;
}

function readJwt(token: string, key: KeyObject): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isSigned) throw new Error('the token is not signed with the key');
  const [first, second] = [header, claims].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  return { header: first, claims: second };
}
