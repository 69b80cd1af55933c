import { lookup as lookUp } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DeliveryError, errorCode } from './transport.ts';
import { sign } from './webhook.ts';

/** Timeout of the whole exchange. */
const TIMEOUT_MS = 10_000;

/** A webhook to an address that a caller has registered. */
export interface WebhookPost {
  url: string;
  secret: string;
  /** Stays the same when the webhook is sent again. */
  id: string;
  /** JSON. */
  body: string;
}

/**
 * Posts a webhook with the headers of `createWebhookTransport`. Any 2xx answer means that the receiver accepted it;
 * redirects are not followed.
 *
 * @param now in milliseconds, for the signature
 * @param allowPrivate whether the address may be in this server's own network. The address that the name stands for is
 *   checked when the connection is made, so that a name cannot change its meaning after a check.
 * @throws DeliveryError with the `status` of an answer that is none
 */
export async function postWebhook(
  { url, secret, id, body }: WebhookPost,
  { now, allowPrivate }: { now: number; allowPrivate: boolean },
): Promise<void> {
  const address = new URL(url);
  if (!allowPrivate && isPrivateHost(address.hostname)) throw new DeliveryError(PRIVATE_ADDRESS);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const options: https.RequestOptions = {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'Qiyue',
      'Idempotency-Key': id,
      'Qiyue-Signature': sign(body, secret, now),
    },
    // A connection of its own: one that is kept could lead to an address that was not checked.
    agent: false,
    signal,
    ...(!allowPrivate && { lookup: lookUpPublic }),
  };
  const status = await new Promise<number>((resolve, reject) => {
    const { request } = address.protocol === 'https:' ? https : http;
    request(address, options, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end(body);
  }).catch((error: unknown) => {
    if (signal.aborted) throw new DeliveryError(`no answer within ${TIMEOUT_MS / 1000} s`);
    throw error instanceof DeliveryError ? error : new DeliveryError(errorCode(error));
  });
  if (status < 200 || status > 299) throw new AnswerError(status);
}

/** The receiver has answered with another status than 2xx. */
export class AnswerError extends DeliveryError {
  readonly status: number;

  constructor(status: number) {
    super(`the receiver answered ${status}`);
    this.status = status;
  }
}

const PRIVATE_ADDRESS = 'the address is not public';

/** Whether the host of a URL is an IP address that is not public. */
export function isPrivateHost(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) !== 0 && !isPublic(address);
}

/** IPv4 addresses inside of IPv6 count as what they are. */
const isPublic = (address: string): boolean => ipaddr.process(address).range() === 'unicast';

/** Looks up a name, and fails when one of its addresses is not public. */
const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null) callback(error, '');
    else if (first === undefined || !addresses.every(({ address }) => isPublic(address)))
      callback(new DeliveryError(PRIVATE_ADDRESS), '');
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
