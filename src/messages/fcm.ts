import type { Clock } from '../clock.ts';
import type { FcmCredentials } from '../config-push.ts';
import { signJwt } from './jwt.ts';
import { pushDetailsOf } from './push-details.ts';
import type { QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport, UnregisteredError } from './transport.ts';

/** Timeout of one exchange. A push has two when it needs a new access token. */
const TIMEOUT_MS = 10_000;

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';

/** An access token is replaced this long before it ends. */
const MARGIN_MS = 60_000;

/**
 * Sends pushes to Android devices with the HTTP v1 API of Firebase Cloud Messaging. Its access token comes from Google's
 * token endpoint for an assertion that the service account has signed (RFC 7523).
 */
export function createFcmTransport(credentials: FcmCredentials, clock: Clock): Transport {
  const { origin, projectId } = credentials;
  const address = `${origin}/v1/projects/${encodeURIComponent(projectId)}/messages:send`;
  /** Pushes that start together share one token. */
  let token: Promise<{ value: string; expiresAt: number }> | undefined;

  async function accessToken(): Promise<string> {
    token ??= grantToken(credentials, clock.now());
    try {
      const { value, expiresAt } = await token;
      if (clock.now() < expiresAt - MARGIN_MS) return value;
    } catch (error) {
      token = undefined;
      throw error;
    }
    token = undefined;
    return accessToken();
  }

  return {
    async send(message) {
      const headers = { Authorization: `Bearer ${await accessToken()}`, 'Content-Type': 'application/json' };
      const { status, body } = await post(address, headers, JSON.stringify({ message: toMessage(message) }));
      if (status === 200) return;
      const reason = reasonIn(body);
      const text = `FCM answered ${status} ${reason}`.trim();
      if (reason === 'UNREGISTERED') throw new UnregisteredError(text, message.created_at);
      if (status === 401) token = undefined;
      // The same push would be refused again.
      throw new DeliveryError(text, { isFinal: ['INVALID_ARGUMENT', 'SENDER_ID_MISMATCH'].includes(reason) });
    },
    close() {},
  };
}

async function grantToken(
  { clientEmail, tokenUri, key }: FcmCredentials,
  now: number,
): Promise<{ value: string; expiresAt: number }> {
  const iat = Math.floor(now / 1000);
  const assertion = signJwt(key, { iss: clientEmail, scope: SCOPE, aud: tokenUri, iat, exp: iat + 3600 });
  const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const { status, body } = await post(tokenUri, headers, form.toString());
  const { access_token: value, expires_in: seconds } = body as { access_token?: unknown; expires_in?: unknown };
  if (status !== 200 || typeof value !== 'string') throw new DeliveryError(`the token endpoint answered ${status}`);
  return { value, expiresAt: now + (typeof seconds === 'number' ? seconds : 3600) * 1000 };
}

/** @returns an empty body when it is no JSON */
async function post(address: string, headers: Record<string, string>, content: string) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(address, { method: 'POST', headers, body: content, redirect: 'manual', signal });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  } catch (error) {
    throw new DeliveryError(signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : errorCode(error));
  }
}

function parse(text: string): object {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}

/** FCM's own code of an error, otherwise Google's general one; empty when there is none. */
function reasonIn(body: object): string {
  const { error } = body as { error?: { status?: unknown; details?: unknown } };
  const details = Array.isArray(error?.details) ? (error.details as { errorCode?: unknown }[]) : [];
  const code = details.map(({ errorCode }) => errorCode).find((one) => typeof one === 'string') ?? error?.status;
  return /^\w+$/.exec(String(code ?? ''))?.[0] ?? '';
}

function toMessage(message: QueuedMessage) {
  const { badge, collapse_id: collapseId, data } = pushDetailsOf(message);
  return {
    token: message.recipient,
    notification: { title: message.subject ?? undefined, body: message.body },
    data,
    android: {
      priority: 'HIGH',
      collapse_key: collapseId,
      notification: { tag: collapseId, notification_count: badge },
    },
  };
}
