import { createHash } from 'node:crypto';

/** Makes a request as text, for a server at a port. */
export type RequestText = (port: number) => string;

export const get =
  (path: string, authorization: string): RequestText =>
  (port) =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\nAccept: */*\r\n\r\n`;

export const post =
  (path: string, body: string, type = 'application/x-www-form-urlencoded', authorization = ''): RequestText =>
  (port) =>
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Authorization headers of GoBelieve's demo app and of its second demo user. */
export async function credentialsOf(port: number): Promise<{ basic: string; bearer: string }> {
  const { gobelieve } = (await (await fetch(`http://127.0.0.1:${port}/sandbox/credentials`)).json()) as {
    gobelieve: { appid: number; appsecret: string; users: { token: string }[] };
  };
  const digest = createHash('md5').update(gobelieve.appsecret).digest('hex');
  return {
    basic: `Basic ${Buffer.from(`${gobelieve.appid}:${digest}`).toString('base64')}`,
    bearer: `Bearer ${gobelieve.users[1]?.token}`,
  };
}

const BROWSER = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: zh-CN,zh;q=0.9,en;q=0.8',
  'Origin: http://localhost:5173',
  'Referer: http://localhost:5173/',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Site: same-site',
];

/** The request that costs the least, with the headers of a browser. */
export const smallRequest: RequestText = (port) =>
  get('/tower/.well-known/oauth-authorization-server', '')(port).replace(/\r\n$/, `${BROWSER.join('\r\n')}\r\n\r\n`);
