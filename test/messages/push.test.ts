import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createMessages, type Forget } from '../../src/messages/messages.ts';
import { createPushTransport } from '../../src/messages/push.ts';
import type { QueuedMessage } from '../../src/messages/queue.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { silent } from '../support/silent-log.ts';
import { receiveApns, receiveFcm, writeTemporary } from './push-services.ts';
import { receiveWebhooks } from './receivers.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

const details = { badge: 3, collapse_id: 'uuid-1', data: { appid: '1', sender: '10001' } };

const pushTo = (service: string, more: object = {}): QueuedMessage => ({
  id: '019a8f2e-7b1c-7000-8a4b-5d3f9e2c1a70',
  api: 'gobelieve',
  channel: 'push',
  recipient: 'device-token',
  subject: '周末骑行',
  format: 'text',
  body: '甲: 明早八点',
  code: null,
  push: JSON.stringify({ service, ...details, ...more }),
  status: 'queued',
  attempts: 0,
  next_attempt_at: 0,
  claim: null,
  renewals: 0,
  last_error: null,
  created_at: now,
  sent_at: null,
});

/** The transport that a configuration makes. */
function configured(environment: Record<string, string>, clock = systemClock) {
  const transport = createPushTransport(readConfig([], environment), clock);
  if (transport === undefined) throw new Error('no transport');
  onTestFinished(() => transport.close());
  return transport;
}

describe('APNs', () => {
  it('gets the push over one connection, with a token of the key', async () => {
    const { url, calls, sessions, readToken } = await receiveApns();
    const transport = configured({ APNS_URL: url }, { now: () => now });
    await Promise.all([transport.send(pushTo('apns')), transport.send(pushTo('apns', { topic: 'com.example.other' }))]);
    expect(sessions.size).toBe(1);
    const call = calls.find(({ headers }) => headers['apns-topic'] === 'com.example.chat');
    expect(call).toMatchObject({
      path: '/3/device/device-token',
      headers: {
        ':method': 'POST',
        'apns-id': '019a8f2e-7b1c-7000-8a4b-5d3f9e2c1a70',
        'apns-push-type': 'alert',
        'apns-priority': '10',
        'apns-expiration': String(now / 1000 + 86_400),
        'apns-collapse-id': 'uuid-1',
      },
      body: {
        aps: { alert: { title: '周末骑行', body: '甲: 明早八点' }, badge: 3, sound: 'default' },
        appid: '1',
        sender: '10001',
      },
    });
    expect(readToken(call?.headers.authorization)).toEqual({
      header: { alg: 'ES256', typ: 'JWT', kid: 'KEY1234567' },
      claims: { iss: 'TEAM123456', iat: now / 1000 },
    });
    expect(calls.map(({ headers }) => headers['apns-topic'])).toContain('com.example.other');
  });

  it('keeps its token for fifty minutes, and makes another one when Apple says that it has expired', async () => {
    let expired = true;
    const { url, calls } = await receiveApns(() => {
      if (calls.length !== 3 || !expired) return { status: 200 };
      expired = false;
      return { status: 403, body: { reason: 'ExpiredProviderToken' } };
    });
    let ahead = 0;
    const transport = configured({ APNS_URL: url }, { now: () => now + ahead });
    const send = () => transport.send(pushTo('apns')).catch((error: Error) => error.message);
    await send();
    ahead = 49 * 60_000;
    await send();
    ahead = 51 * 60_000;
    expect(await send()).toBe('APNs answered 403 ExpiredProviderToken');
    await send();
    const [first, second, third, fourth] = calls.map(({ headers }) => headers.authorization);
    expect([second === first, third === first, fourth === third]).toEqual([true, false, false]);
  });

  it('reports what it cannot send, and connects again after a broken connection', async () => {
    const { url, calls, sessions } = await receiveApns(() =>
      [
        { status: 410, body: { reason: 'Unregistered', timestamp: 1_700_000_000_000 } },
        { status: 400, body: { reason: 'BadDeviceToken' } },
        { status: 503, body: { reason: 'ServiceUnavailable' } },
        undefined,
        { status: 200 },
      ].at(calls.length - 1),
    );
    const transport = configured({ APNS_URL: url });
    const send = () => transport.send(pushTo('apns'));
    await expect(send()).rejects.toMatchObject({
      name: 'UnregisteredError',
      message: 'APNs answered 410 Unregistered',
      since: 1_700_000_000_000,
      isFinal: true,
    });
    await expect(send()).rejects.toMatchObject({ message: 'APNs answered 400 BadDeviceToken', isFinal: true });
    await expect(send()).rejects.toMatchObject({ message: 'APNs answered 503 ServiceUnavailable', isFinal: false });
    await expect(send()).rejects.toMatchObject({ name: 'DeliveryError', isFinal: false });
    await send();
    expect(sessions.size).toBe(2);
  });
});

describe('FCM', () => {
  it('gets the push with an access token for the service account', async () => {
    const { url, calls, grants } = await receiveFcm();
    const transport = configured({ FCM_URL: url }, { now: () => now });
    await Promise.all([transport.send(pushTo('gcm')), transport.send(pushTo('gcm'))]);
    expect(calls[0]).toMatchObject({
      path: '/v1/projects/demo-project/messages:send',
      headers: { authorization: 'Bearer access 1' },
      body: {
        message: {
          token: 'device-token',
          notification: { title: '周末骑行', body: '甲: 明早八点' },
          data: { appid: '1', sender: '10001' },
          android: {
            priority: 'HIGH',
            collapse_key: 'uuid-1',
            notification: { tag: 'uuid-1', notification_count: 3 },
          },
        },
      },
    });
    const iat = now / 1000;
    expect(grants).toEqual([
      {
        header: { alg: 'RS256', typ: 'JWT' },
        claims: {
          iss: 'push@demo-project.example',
          scope: 'https://www.googleapis.com/auth/firebase.messaging',
          aud: `${new URL(url).origin}/token`,
          iat,
          exp: iat + 3600,
        },
      },
    ]);
  });

  it('gets a new access token before the old one ends, and after a 401', async () => {
    const { url, calls, grants } = await receiveFcm(() => ({ status: calls.length === 2 ? 401 : 200, body: {} }));
    let ahead = 0;
    const transport = configured({ FCM_URL: url }, { now: () => now + ahead });
    await transport.send(pushTo('gcm'));
    ahead = 3_550_000;
    await expect(transport.send(pushTo('gcm'))).rejects.toThrow('FCM answered 401');
    await transport.send(pushTo('gcm'));
    expect(grants).toHaveLength(3);
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(
      [1, 2, 3].map((count) => `Bearer access ${count}`),
    );
  });

  it.each([
    [
      404,
      { status: 'NOT_FOUND', details: [{ errorCode: 'UNREGISTERED' }] },
      'FCM answered 404 UNREGISTERED',
      true,
      now,
    ],
    [400, { status: 'INVALID_ARGUMENT' }, 'FCM answered 400 INVALID_ARGUMENT', true, undefined],
    [503, { status: 'UNAVAILABLE', details: 'x' }, 'FCM answered 503 UNAVAILABLE', false, undefined],
  ])('reports %i %j', async (status, error, message, isFinal, since) => {
    const { url } = await receiveFcm(() => ({ status, body: { error } }));
    const sending = configured({ FCM_URL: url }).send(pushTo('gcm'));
    await expect(sending).rejects.toMatchObject({ message, isFinal, ...(since && { since }) });
  });
});

describe('the webhook', () => {
  it('gets the pushes of all services that have no transport of their own', async () => {
    const [apns, gateway] = [await receiveApns(), await receiveWebhooks()];
    const transport = configured({ APNS_URL: apns.url, PUSH_URL: gateway.url });
    for (const service of ['apns', 'xm', 'gcm']) await transport.send(pushTo(service));
    expect(apns.calls).toHaveLength(1);
    const bodies = gateway.calls.map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ push }) => push.service)).toEqual(['xm', 'gcm']);
    expect(bodies[0]).toEqual({
      id: '019a8f2e-7b1c-7000-8a4b-5d3f9e2c1a70',
      channel: 'push',
      to: 'device-token',
      subject: '周末骑行',
      body: '甲: 明早八点',
      code: null,
      push: { service: 'xm', ...details },
      created_at: '2026-01-02T03:04:05.000Z',
    });
    expect(gateway.calls[0]?.headers).toHaveProperty('qiyue-signature');
  });

  it('says with 410 that a device token does not exist any more', async () => {
    const gateway = await receiveWebhooks(() => 410);
    const sending = configured({ PUSH_URL: gateway.url }).send(pushTo('xm'));
    await expect(sending).rejects.toMatchObject({ name: 'UnregisteredError', since: now });
  });
});

describe('the configuration', () => {
  it.each<[string, (file: string) => string, string]>([
    ['APNS_URL', () => 'api.push.apple.com', 'expected https://<key id>:<team id>@'],
    ['APNS_URL', (file) => `https://K:T@api.push.apple.com?key=${file}`, 'expected https://<key id>:<team id>@'],
    ['APNS_URL', () => 'https://K:T@h?topic=a&key=/nowhere.p8', 'cannot read /nowhere.p8 (ENOENT)'],
    ['APNS_URL', (file) => `https://K:T@h?topic=a&key=${file}`, 'has no private EC key'],
    ['FCM_URL', () => 'https://fcm.googleapis.com', 'expected https://fcm.googleapis.com?account=<file>'],
    ['FCM_URL', (file) => `https://h?account=${file}`, 'is not JSON'],
  ])('explains a wrong %s', async (name, value, problem) => {
    const file = await writeTemporary('key', 'no key');
    expect(() => readConfig([], { [name]: value(file) })).toThrow(problem);
  });

  it('names what a service account lacks', async () => {
    const file = await writeTemporary('account.json', '{"project_id":"p","token_uri":"https://t"}');
    expect(() => readConfig([], { FCM_URL: `https://h?account=${file}` })).toThrow('lacks client_email, private_key');
  });
});

describeEachDatabase('pushes in the queue', (databases) => {
  it('are sent together, kept without a provider, and forgotten when the device is unregistered', async () => {
    const database = await databases.open();
    const apns = await receiveApns(({ path }) =>
      path.endsWith('gone') ? { status: 410, body: { reason: 'Unregistered', timestamp: 5 } } : { status: 200 },
    );
    const { apns: credentials } = readConfig([], { APNS_URL: apns.url });
    const options = { database, clock: systemClock, log: silent, keepCopies: false, retryDelayMs: () => 0 };
    const messages = createMessages({ ...options, apns: credentials });
    onTestFinished(() => messages.close());
    const forget = vi.fn<Forget>(async () => {});
    messages.onUnregistered('gobelieve', forget);
    messages.start();
    expect([messages.reaches('push'), messages.reaches('push', 'apns'), messages.reaches('push', 'xm')]).toEqual([
      true,
      true,
      false,
    ]);
    const push = (to: string, service: string) =>
      ({ api: 'gobelieve', channel: 'push', to, body: 'hello', push: { service } }) as const;
    const many = Array.from({ length: 2000 }, (_, index) => push(`device ${index}`, 'apns'));
    await messages.enqueueAll(database, [push('gone', 'apns'), push('phone', 'xm'), ...many]);
    const count = async (status: 'sent' | 'failed' | 'kept') => {
      const rows = database.selectFrom('messages_outbox').select(['recipient', 'body', 'push', 'last_error']);
      return rows.where('status', '=', status).execute();
    };
    await vi.waitFor(async () => expect(await count('sent')).toHaveLength(2000), { timeout: 60_000, interval: 100 });
    const blank = { body: '', push: null };
    expect(await count('failed')).toEqual([
      { ...blank, recipient: 'gone', last_error: 'APNs answered 410 Unregistered' },
    ]);
    expect(await count('kept')).toEqual([{ ...blank, recipient: 'phone', last_error: null }]);
    expect(forget.mock.calls).toEqual([[{ service: 'apns', token: 'gone' }, 5]]);
  });
});
