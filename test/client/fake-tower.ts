import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { components } from '../../generated/tower.ts';
import { createTowerClient, type OAuthError, type TowerClientOptions } from '../../src/client/index.ts';

type Schemas = components['schemas'];

export const member = '/api/v1/teams/{team_id}/member';
export const team = { params: { path: { team_id: 'ce679f0552fa1ec67f6a65e6a835f141' } } };
export const redirectUri = 'https://app.example/callback';

export interface Call {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  form: Record<string, string>;
}

/**
 * A small Tower with rotation, repeated refreshes, one-time codes with PKCE and two-step verification. The accounts are
 * `demo` and, with a second step, `careful`; their password is `right`.
 */
export async function startTower(settings: { expiresIn?: number } = {}) {
  const calls: Call[] = [];
  const codes = new Map<string, string>();
  const tower = {
    baseUrl: '',
    calls,
    /** Called before each answer. */
    beforeAnswer: async (_call: Call): Promise<void> => {},
    /** The token endpoint redirects to this address. */
    redirect: undefined as string | undefined,
    /** Number of answers of the token endpoint that are lost. */
    answersToLose: 0,
    /** The valid tokens. */
    current: {} as Partial<Schemas['Token']>,
    rotated: undefined as { from: string; answer: Schemas['Token'] } | undefined,
    to: (path: string) => calls.filter((call) => call.path === path),
    refreshes: () => calls.filter(({ form }) => form.grant_type === 'refresh_token'),
    /** Expires the access token. */
    expire() {
      tower.current.access_token = undefined;
    },
    approve(url: string): string {
      const { searchParams } = new URL(url);
      const code = randomBytes(8).toString('hex');
      codes.set(code, searchParams.get('code_challenge') ?? '');
      return code;
    },
  };

  function issue(): Schemas['Token'] {
    const token: Schemas['Token'] = {
      access_token: randomBytes(32).toString('hex'),
      token_type: 'bearer',
      expires_in: settings.expiresIn ?? 7200,
      refresh_token: randomBytes(32).toString('hex'),
      created_at: Math.floor(Date.now() / 1000),
      email: 'demo@tower.example',
    };
    tower.current = { ...token };
    return token;
  }

  function grant({ form, headers }: Call): [number, object, Record<string, string>?] {
    const fail = (status: number, error: string): [number, object] => [
      status,
      { error, error_description: `${error}!` },
    ];
    if (form.username === 'busy')
      return [429, { error: 'temporarily_unavailable', error_description: 'Wait' }, { 'Retry-After': '42' }];
    switch (form.grant_type) {
      case 'password':
        if (form.password !== 'right') return fail(400, 'invalid_grant');
        return form.username === 'careful' && form.captcha !== '123456' ? fail(401, 'otp_required') : [200, issue()];
      case 'authorization_code': {
        const challenge = codes.get(form.code ?? '');
        codes.delete(form.code ?? '');
        const hash = createHash('sha256')
          .update(form.code_verifier ?? '')
          .digest('base64url');
        return challenge === hash && form.redirect_uri === redirectUri ? [200, issue()] : fail(400, 'invalid_grant');
      }
      default: {
        const token = form.refresh_token ?? '';
        if (!headers.authorization?.startsWith('Bearer ')) return fail(401, 'invalid_client');
        if (tower.rotated?.from === token) return [200, tower.rotated.answer];
        if (token !== tower.current.refresh_token) return fail(400, 'invalid_grant');
        tower.rotated = { from: token, answer: issue() };
        return [200, tower.rotated.answer];
      }
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const body = await text(request);
    const path = new URL(request.url ?? '', 'http://tower').pathname.replace(/^\/tower/, '');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'WWW-Authenticate, Retry-After');
    response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    if (path === '/') return response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>app</title>');
    const call = { path, headers: request.headers, body, form: Object.fromEntries(new URLSearchParams(body)) };
    calls.push(call);
    const json = (status: number, value: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));

    await tower.beforeAnswer(call);
    if (path === '/oauth/token') {
      if (tower.redirect) return json(307, {}, { Location: tower.redirect });
      const [status, value, headers] = grant(call);
      if (tower.answersToLose-- > 0) return request.socket.destroy();
      return json(status, value, headers);
    }
    if (path === '/oauth/revoke') {
      tower.current = {};
      return json(200, {});
    }
    if (!path.startsWith('/api/')) return json(200, {});
    const isGood =
      tower.current.access_token && request.headers.authorization === `Bearer ${tower.current.access_token}`;
    const type = { 'Content-Type': 'application/vnd.api+json' };
    if (isGood) return json(200, { data: { attributes: { nickname: 'Demo' } }, received: body }, type);
    const challenge = `Bearer realm="Tower"${request.headers.authorization ? ', error="invalid_token"' : ''}`;
    return json(401, { errors: [{ status: '401' }] }, { ...type, 'WWW-Authenticate': challenge });
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  tower.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tower`;
  return tower;
}

export type Tower = Awaited<ReturnType<typeof startTower>>;

export const clientOf = ({ baseUrl }: Tower, more: Partial<TowerClientOptions> = {}) =>
  createTowerClient({ baseUrl, clientId: 'app', clientSecret: 'secret', ...more } as TowerClientOptions);

export async function signedIn(tower: Tower, more?: Partial<TowerClientOptions>) {
  const client = clientOf(tower, more);
  await client.signInWithPassword({ username: 'demo', password: 'right' });
  return client;
}

/** The reason of a rejected promise. */
export const reasonOf = (promise: Promise<unknown>): Promise<OAuthError> =>
  promise.then(
    () => Promise.reject(new Error('It was fulfilled')),
    (error) => error,
  );
