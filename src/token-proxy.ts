import { parse as parseForm } from 'node:querystring';
import type { Request, RequestHandler } from 'express';
import type { components } from '../generated/tower.ts';

export interface TokenProxyOptions {
  /** The API's address: `https://api.example.com/tower`. */
  baseUrl: string;
  /** Defaults to `{baseUrl}/oauth/token`; UCenter has it at `{baseUrl}/api/oauth/accessToken`. */
  tokenEndpoint?: string | undefined;
  clientId: string;
  clientSecret: string;
  /** The allowed redirection URIs. Defaults to all that are registered for the application. */
  redirectUris?: readonly string[] | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

/**
 * A token endpoint for your own server, as Tower's quick start recommends. It adds the client secret to requests, so that
 * the secret stays on the server. Only the authorization code and refresh token grants pass. It works with and without a
 * body parser before it.
 *
 * @example
 * app.post('/tower/token', createTokenProxy({ baseUrl: 'https://api.example.com/tower', clientId, clientSecret }));
 * // and in the browser:
 * createTowerClient({ baseUrl: 'https://api.example.com/tower', clientId, tokenEndpoint: '/tower/token' });
 */
export function createTokenProxy(options: TokenProxyOptions): RequestHandler {
  return async (request, response, next) => {
    response.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
    try {
      const grant = readGrant(await readFields(request), options.redirectUris);
      const { status, headers, body } = await sendGrant(grant, request.get('Authorization'), options);
      response.status(status).set(headers).json(body);
    } catch (error) {
      if (!(error instanceof ProxyError)) return next(error);
      response.status(error.status).json({ error: error.code, error_description: error.message });
    }
  };
}

/** The parameters of each grant that are passed on. Callers cannot set others, such as `client_id`. */
const passedOn = new Map([
  ['authorization_code', ['code', 'redirect_uri', 'code_verifier', 'captcha']],
  ['refresh_token', ['refresh_token', 'redirect_uri', 'scope']],
]);

// Without WWW-Authenticate: browsers would ask the user for the client secret.
const relayedHeaders = ['Retry-After', 'X-Request-Id'];

const BODY_LIMIT_BYTES = 16_384;

// Shorter than the typed client's timeout for a refresh: the client gets the 502 and tries again.
const TIMEOUT_MS = 6000;

/** An error that the proxy finds itself, with a code of RFC 6749 §5.2. */
class ProxyError extends Error {
  readonly status: number;
  readonly code: components['schemas']['OAuthError']['error'];

  constructor(status: number, code: ProxyError['code'], message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const invalidRequest = (message: string, status = 400) => new ProxyError(status, 'invalid_request', message);

/** @throws ProxyError temporarily_unavailable when there is no answer, or one that is not JSON */
async function sendGrant(grant: URLSearchParams, authorization: string | undefined, options: TokenProxyOptions) {
  const { baseUrl, clientId, clientSecret, fetch = globalThis.fetch } = options;
  const headers = new Headers({ Accept: 'application/json', Authorization: basic(clientId, clientSecret) });
  if (authorization !== undefined && isBearer(authorization) && grant.get('grant_type') === 'refresh_token') {
    // The header holds the access token, so the client credentials go into the body (RFC 6749 §2.3.1).
    headers.set('Authorization', authorization);
    grant.set('client_id', clientId);
    grant.set('client_secret', clientSecret);
  }
  const url = options.tokenEndpoint ?? `${baseUrl.replace(/\/+$/, '')}/oauth/token`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: grant, redirect: 'error', signal });
    const relayed = relayedHeaders.flatMap((name) => [[name, answer.headers.get(name)]]).filter(([, value]) => value);
    return { status: answer.status, headers: Object.fromEntries(relayed), body: await answer.json() };
  } catch {
    throw new ProxyError(502, 'temporarily_unavailable', 'The authorization server gave no answer');
  }
}

/** @throws ProxyError invalid_request, unsupported_grant_type, invalid_grant */
function readGrant(fields: Record<string, unknown>, redirectUris: readonly string[] | undefined): URLSearchParams {
  const text = (name: string): string => {
    const value = fields[name] ?? '';
    if (typeof value !== 'string') throw invalidRequest(`${name} must be a single string`);
    return value;
  };
  const type = text('grant_type');
  if (type === '') throw invalidRequest('grant_type is missing');
  const names = passedOn.get(type);
  if (names === undefined)
    throw new ProxyError(400, 'unsupported_grant_type', 'Only authorization_code and refresh_token are supported');
  const redirectUri = text('redirect_uri');
  if (redirectUri !== '' && redirectUris?.includes(redirectUri) === false) {
    throw new ProxyError(400, 'invalid_grant', 'redirect_uri is not allowed');
  }
  const given = names.filter((name) => text(name) !== '');
  return new URLSearchParams([['grant_type', type], ...given.map((name) => [name, text(name)])]);
}

/** The fields of a form or a JSON object, parsed by a body parser before or by this function. */
async function readFields(request: Request): Promise<Record<string, unknown>> {
  const { body } = request;
  // Some parsers leave an empty object when they did not read the body.
  if (body && Object.keys(body).length > 0) return body;
  const type = request.is(['urlencoded', 'json']);
  if (!type) throw invalidRequest('The body must be a form or JSON', 415);
  const text = await readText(request);
  return type === 'json' ? parseJson(text) : parseForm(text);
}

async function readText(request: Request): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) break;
  }
  if (size > BODY_LIMIT_BYTES) {
    request.resume(); // read to the end: a caller that is still sending would not get the response
    throw invalidRequest(`The body is larger than ${BODY_LIMIT_BYTES} bytes`, 413);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    throw invalidRequest('The body is not JSON');
  }
}

const isBearer = (authorization: string) => /^Bearer /i.test(authorization);

/** RFC 6749 §2.3.1: encoded before they are joined, so that they may contain a colon. */
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
