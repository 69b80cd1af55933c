import { type ClientHttp2Session, connect } from 'node:http2';
import type { Clock } from '../clock.ts';
import type { ApnsCredentials } from '../config-push.ts';
import { signJwt } from './jwt.ts';
import { pushDetailsOf } from './push-details.ts';
import type { QueuedMessage } from './queue.ts';
import { DeliveryError, errorCode, type Transport, UnregisteredError } from './transport.ts';

/** Timeout of one push. */
const TIMEOUT_MS = 10_000;

/** Apple takes a token for an hour, and no new one within twenty minutes. */
const TOKEN_AGE_MS = 50 * 60 * 1000;

/** Apple stores a push for a device that is off for this long. */
const LIFETIME_S = 24 * 60 * 60;

interface Answer {
  status: number;
  /** Apple's name of the error; empty for success. */
  reason: string;
  /** When the device token was found to be invalid, in milliseconds. */
  timestamp?: number | undefined;
}

/**
 * Sends pushes to Apple's devices, over one HTTP/2 connection with a token key. Errors have Apple's names, see "Handling
 * notification responses from APNs". `apns-id` is the id of the message, so that a push which is sent twice is recognised.
 */
export function createApnsTransport({ origin, keyId, teamId, topic, key }: ApnsCredentials, clock: Clock): Transport {
  let session: ClientHttp2Session | undefined;
  let token: { value: string; issuedAt: number } | undefined;

  function open(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect(origin);
    // Each request reports the error of its connection.
    opened.on('error', () => {});
    // Apple closes a connection after it has answered what is under way; the next push opens another one.
    opened.on('goaway', () => {
      if (session === opened) session = undefined;
      opened.close();
    });
    session = opened;
    return opened;
  }

  function bearer(): string {
    const now = clock.now();
    if (token === undefined || Math.abs(now - token.issuedAt) > TOKEN_AGE_MS) {
      const claims = { iss: teamId, iat: Math.floor(now / 1000) };
      token = { value: signJwt(key, claims, { kid: keyId }), issuedAt: now };
    }
    return token.value;
  }

  async function post(message: QueuedMessage): Promise<Answer> {
    const connection = open();
    const { collapse_id: collapseId, topic: ownTopic } = pushDetailsOf(message);
    const request = connection.request({
      ':method': 'POST',
      ':path': `/3/device/${encodeURIComponent(message.recipient)}`,
      authorization: `bearer ${bearer()}`,
      'apns-id': message.id,
      'apns-topic': ownTopic ?? topic,
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-expiration': String(Math.floor(message.created_at / 1000) + LIFETIME_S),
      ...(collapseId !== undefined && { 'apns-collapse-id': collapseId }),
    });
    request.setEncoding('utf8');
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      // A connection on which nothing comes back is dead for the other pushes too.
      connection.destroy();
      if (session === connection) session = undefined;
    }, TIMEOUT_MS);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        let status = 0;
        let body = '';
        request.on('response', (headers) => {
          status = Number(headers[':status']);
        });
        request.on('data', (chunk: string) => {
          body += chunk;
        });
        request.on('end', () => resolve({ status, ...readBody(body) }));
        request.on('error', reject);
        request.on('close', () => reject(new DeliveryError('the connection was closed')));
        request.end(JSON.stringify(toPayload(message)));
      });
    } catch (error) {
      if (timedOut) throw new DeliveryError(`no answer within ${TIMEOUT_MS / 1000} s`);
      throw error instanceof DeliveryError ? error : new DeliveryError(errorCode(error));
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async send(message) {
      const { status, reason, timestamp } = await post(message);
      if (status === 200) return;
      const text = `APNs answered ${status} ${reason}`.trim();
      if (status === 410) throw new UnregisteredError(text, timestamp ?? message.created_at);
      if (reason === 'ExpiredProviderToken') token = undefined;
      // 400, 404, 405 and 413: the same push would be refused again.
      throw new DeliveryError(text, { isFinal: [400, 404, 405, 413].includes(status) });
    },
    close() {
      session?.close();
    },
  };
}

function readBody(body: string): { reason: string; timestamp?: number | undefined } {
  try {
    const { reason, timestamp } = JSON.parse(body) as { reason?: unknown; timestamp?: unknown };
    return {
      reason: /^\w+$/.exec(String(reason))?.[0] ?? '',
      timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    };
  } catch {
    return { reason: '' };
  }
}

function toPayload(message: QueuedMessage) {
  const { badge, data, sound = 'default' } = pushDetailsOf(message);
  const title = message.subject ?? undefined;
  return { aps: { alert: { title, body: message.body }, badge, ...(sound !== null && { sound }) }, ...data };
}
