import { parse as parseForm } from 'node:querystring';
import type { Request, RequestHandler } from 'express';
import type { components } from '../generated/tower.ts';

export interface TokenProxyOptions {
  /** Where the API is: `https://api.example.com/tower`. */
  baseUrl: string;
  /** Defaults to `{baseUrl}/oauth/token`; UCenter has it at `{baseUrl}/api/oauth/accessToken`. */
  tokenEndpoint?: string | undefined;
  clientId: string;
  clientSecret: string;
  /** The callback addresses that may be used. Defaults to all that the application has registered. */
  redirectUris?: readonly string[] | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

/**
 * The token endpoint of a server of one's own, as seed 001 recommends. It exchanges codes, refreshes tokens and adds
 * the secret, which therefore never leaves the server. No other grant passes. A body parser may come before it or not.
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
      const { status, headers, body } = await ask(grant, request.get('Authorization'), options);
      response.status(status).set(headers).json(body);
    } catch (error) {
      if (!(error instanceof Refusal)) return next(error);
      response.status(error.status).json({ error: error.code, error_description: error.message });
    }
  };
}

/** What is passed on of each grant. The rest, `client_id` included, is not for the caller to say. */
const passedOn = new Map([
  ['authorization_code', ['code', 'redirect_uri', 'code_verifier', 'captcha']],
  ['refresh_token', ['refresh_token', 'redirect_uri', 'scope']],
]);

// WWW-Authenticate is not among them: it would make browsers ask the person for the application's secret.
const relayedHeaders = ['Retry-After', 'X-Request-Id'];

const bodyLimit = 16_384;

// Shorter than the typed client waits for a refresh: so it hears that there was no answer, and tries again.
const timeout = 6000;

/** What the proxy itself has to say against a request, in the words of RFC 6749 §5.2. */
class Refusal extends Error {
  readonly status: number;
  readonly code: components['schemas']['OAuthError']['error'];

  constructor(status: number, code: Refusal['code'], message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const invalidRequest = (message: string, status = 400) => new Refusal(status, 'invalid_request', message);

/** @throws Refusal temporarily_unavailable when nothing comes back that a token endpoint would say */
async function ask(grant: URLSearchParams, authorization: string | undefined, options: TokenProxyOptions) {
  const { baseUrl, clientId, clientSecret, fetch = globalThis.fetch } = options;
  const headers = new Headers({ Accept: 'application/json', Authorization: basic(clientId, clientSecret) });
  if (authorization !== undefined && isBearer(authorization) && grant.get('grant_type') === 'refresh_token') {
    // One header cannot carry both: the secret goes into the body then, as seed 001 has it.
    headers.set('Authorization', authorization);
    grant.set('client_id', clientId);
    grant.set('client_secret', clientSecret);
  }
  const url = options.tokenEndpoint ?? `${baseUrl.replace(/\/+$/, '')}/oauth/token`;
  const signal = AbortSignal.timeout(timeout);
  try {
    const answer = await fetch(url, { method: 'POST', headers, body: grant, redirect: 'error', signal });
    const relayed = relayedHeaders.flatMap((name) => [[name, answer.headers.get(name)]]).filter(([, value]) => value);
    return { status: answer.status, headers: Object.fromEntries(relayed), body: await answer.json() };
  } catch {
    throw new Refusal(502, 'temporarily_unavailable', 'The authorization server gave no answer');
  }
}

/** @throws Refusal invalid_request, unsupported_grant_type, invalid_grant */
function readGrant(fields: Record<string, unknown>, redirectUris: readonly string[] | undefined): URLSearchParams {
  const text = (name: string): string => {
    const value = fields[name] ?? '';
    if (typeof value !== 'string') throw invalidRequest(`${name} has to be one text`);
    return value;
  };
  const type = text('grant_type');
  if (type === '') throw invalidRequest('grant_type is missing');
  const names = passedOn.get(type);
  if (names === undefined) throw new Refusal(400, 'unsupported_grant_type', 'Only codes and refreshes pass here');
  const redirectUri = text('redirect_uri');
  if (redirectUri !== '' && redirectUris?.includes(redirectUri) === false) {
    throw new Refusal(400, 'invalid_grant', 'redirect_uri is not one of this server');
  }
  const given = names.filter((name) => text(name) !== '');
  return new URLSearchParams([['grant_type', type], ...given.map((name) => [name, text(name)])]);
}

/** The fields of a form or of a JSON object, whether or not a body parser was here before. */
async function readFields(request: Request): Promise<Record<string, unknown>> {
  const { body } = request;
  // Some parsers leave an empty object where they have read nothing.
  if (body && Object.keys(body).length > 0) return body;
  const type = request.is(['urlencoded', 'json']);
  if (!type) throw invalidRequest('The body has to be a form or JSON', 415);
  const text = await readText(request);
  return type === 'json' ? parseJson(text) : parseForm(text);
}

async function readText(request: Request): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > bodyLimit) break;
  }
  if (size > bodyLimit) {
    request.resume(); // to the end, unread: a caller who is still sending would not hear the answer
    throw invalidRequest(`The body is larger than ${bodyLimit} bytes`, 413);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    throw invalidRequest('The body is no JSON');
  }
}

const isBearer = (authorization: string) => /^Bearer /i.test(authorization);

/** RFC 6749 §2.3.1: encoded before they are joined, so that a colon in them does no harm. */
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
