import type { Clock } from '../clock.ts';
import type { ApnsCredentials, FcmCredentials } from '../config-push.ts';
import { createApnsTransport } from './apns.ts';
import { createFcmTransport } from './fcm.ts';
import { pushDetailsOf } from './push-details.ts';
import { DeliveryError, type Transport } from './transport.ts';
import { createWebhookTransport } from './webhook.ts';

export interface PushOptions {
  /** Takes the pushes of all services that have no transport of their own. */
  pushUrl?: string | undefined;
  apns?: ApnsCredentials | undefined;
  fcm?: FcmCredentials | undefined;
}

export interface PushTransport extends Transport {
  /** Whether pushes of a service can be sent. */
  reaches(service: string): boolean;
}

/** Pushes that are sent at the same time: they are many at once, and the services take them in parallel. */
const CONCURRENCY = 50;

/** Creates the transport of all pushes; undefined when none is configured. */
export function createPushTransport({ pushUrl, apns, fcm }: PushOptions, clock: Clock): PushTransport | undefined {
  const webhook = pushUrl === undefined ? undefined : createWebhookTransport(pushUrl, clock);
  const own = new Map<string, Transport>();
  if (apns) own.set('apns', createApnsTransport(apns, clock));
  if (fcm) own.set('gcm', createFcmTransport(fcm, clock));
  if (webhook === undefined && own.size === 0) return undefined;
  const transportOf = (service: string) => own.get(service) ?? webhook;

  return {
    concurrency: CONCURRENCY,
    reaches: (service) => transportOf(service) !== undefined,
    async send(message) {
      const transport = transportOf(pushDetailsOf(message).service);
      // The configuration has changed since the push was queued.
      if (transport === undefined) throw new DeliveryError('the push service has no provider', { isFinal: true });
      await transport.send(message);
    },
    close() {
      for (const transport of [...own.values(), webhook]) transport?.close();
    },
  };
}
