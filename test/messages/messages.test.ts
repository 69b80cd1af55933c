import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/open.ts';
import { transact } from '../../src/database/transact.ts';
import { createMessages, type Messages, type MessagesOptions } from '../../src/messages/messages.ts';
import { claimMessages, type QueuedMessage } from '../../src/messages/queue.ts';
import { queueWebhooks } from '../../src/messages/webhooks.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { silent } from '../support/silent-log.ts';
import { watchStatements } from '../support/watch-statements.ts';
import { receiveMail, receiveWebhooks } from './receivers.ts';

const sms = {
  api: 'tower',
  channel: 'sms',
  to: '+8613800000000',
  body: 'Your code is 123456',
  code: '123456',
} as const;

/** Long, for a loaded machine: nothing here is about time. */
const eventually = { timeout: 20_000, interval: 20 };

describeEachDatabase('messages', (databases) => {
  it('sends on each channel through its provider and keeps messages that have none', async () => {
    const database = await databases.open();
    const [smsGateway, wechatGateway, mailServer] = [
      await receiveWebhooks(),
      await receiveWebhooks(),
      await receiveMail(),
    ];
    const messages = startMessages(database, {
      smsUrl: smsGateway.url,
      wechatUrl: wechatGateway.url,
      mailUrl: mailServer.url,
    });
    await transact(database, async (transaction) => {
      await messages.enqueue(transaction, sms);
      await messages.enqueue(transaction, { ...sms, channel: 'wechat', to: 'ann' });
      await messages.enqueue(transaction, { ...sms, channel: 'email', to: 'ann@example.com', subject: 'Code' });
      await messages.enqueue(transaction, { ...sms, channel: 'push', to: 'ann' });
    });
    await vi.waitFor(async () => {
      const rows = await database.selectFrom('messages_outbox').select(['channel', 'status']).orderBy('id').execute();
      expect(rows).toEqual([
        { channel: 'sms', status: 'sent' },
        { channel: 'wechat', status: 'sent' },
        { channel: 'email', status: 'sent' },
        { channel: 'push', status: 'kept' },
      ]);
    }, eventually);
    expect(smsGateway.calls.map(({ body }) => JSON.parse(body).to)).toEqual(['+8613800000000']);
    expect(wechatGateway.calls.map(({ body }) => JSON.parse(body).to)).toEqual(['ann']);
    expect(mailServer.mails.map(({ to }) => to)).toEqual([['ann@example.com']]);
  });

  it('sends webhooks while another receiver hangs', async () => {
    const database = await databases.open();
    const sent: string[] = [];
    const messages = createMessages({ database, clock: systemClock, log: silent, keepCopies: false });
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    onTestFinished(() => {
      release();
      return messages.close();
    });
    const webhook = { api: 'tower', subject: '', body: '{}' };
    for (let index = 0; index < 60; index++)
      await queueWebhooks(database, [{ ...webhook, webhookId: 'hangs' }], systemClock.now());
    const [id] = await queueWebhooks(database, [{ ...webhook, webhookId: 'works' }], systemClock.now());
    const send = async ({ id, recipient }: QueuedMessage) => {
      if (recipient === 'hangs') await hanging;
      sent.push(id);
    };
    messages.start(new Map([['tower', { send, close() {} }]]));
    await vi.waitFor(() => expect(sent).toEqual([id]), eventually);
    expect((await messages.listOutbox()).length).toBe(0);
  });

  it.each([false, true])('keeps text and code of a sent message: %s', async (keepCopies) => {
    const database = await databases.open();
    const { url } = await receiveWebhooks();
    const messages = startMessages(database, { smsUrl: url, keepCopies });
    await messages.enqueue(database, sms);
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({
        status: 'sent',
        sent_at: expect.any(Number),
        attempts: 1,
        body: keepCopies ? sms.body : '',
        code: keepCopies ? sms.code : null,
      });
    }, eventually);
  });

  it('tries again with the same key until the provider accepts the message', async () => {
    const database = await databases.open();
    const gateway = await receiveWebhooks(() => (gateway.calls.length < 3 ? 503 : 200));
    const messages = startMessages(database, { smsUrl: gateway.url });
    await messages.enqueue(database, sms);
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({ status: 'sent', attempts: 3, last_error: null });
    }, eventually);
    const { id } = await onlyMessage(database);
    expect(gateway.calls.map(({ headers }) => headers['idempotency-key'])).toEqual([id, id, id]);
  });

  it('gives up after eight attempts, and logs the reason without secrets', async () => {
    const database = await databases.open();
    const gateway = await receiveWebhooks(() => 500);
    const log = { ...silent, warn: vi.fn(), error: vi.fn() };
    const messages = startMessages(database, { smsUrl: gateway.url, log });
    await messages.enqueue(database, sms);
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({
        status: 'failed',
        attempts: 8,
        last_error: 'the gateway answered 500',
        body: '',
        code: null,
      });
    }, eventually);
    await messages.close();
    expect(gateway.calls).toHaveLength(8);
    expect([log.warn.mock.calls.length, log.error.mock.calls.length]).toEqual([7, 1]);
    const logged = JSON.stringify([log.warn.mock.calls, log.error.mock.calls]);
    for (const secret of [sms.code, sms.to, gateway.secret]) expect(logged).not.toContain(secret);
  });

  it('stores together what came of messages that are answered at the same time, each with its own outcome', async () => {
    const database = await databases.open();
    let answerAll = () => {};
    const all = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const gateway = await receiveWebhooks(async ({ body }) => {
      await all;
      return JSON.parse(body).to === '1' ? 204 : 500;
    });
    const { statements, watched } = watchStatements(database);
    const messages = startMessages(watched, { smsUrl: gateway.url, retryDelayMs: () => 60_000 });
    await transact(database, async (transaction) => {
      for (const to of ['1', '1', '2', '1', '1', '2', '1', '1', '1', '1'])
        await messages.enqueue(transaction, { ...sms, to });
    });
    await vi.waitFor(() => expect(gateway.calls).toHaveLength(10), eventually);
    statements.length = 0;
    answerAll();
    await messages.close();
    const rows = await database
      .selectFrom('messages_outbox')
      .select(['recipient', 'status', 'attempts', 'claim', 'last_error'])
      .execute();
    expect(rows).toHaveLength(10);
    for (const row of rows) {
      const outcome =
        row.recipient === '1'
          ? { status: 'sent', last_error: null }
          : { status: 'queued', last_error: 'the gateway answered 500' };
      expect(row).toMatchObject({ ...outcome, attempts: 1, claim: null });
    }
    expect(statements.filter(({ kind }) => kind === 'update').length).toBeLessThan(10);
  });

  it('sends each message once, with two nodes on one database', async () => {
    const url = await databases.createUrl();
    const nodes = [await databases.open(url), await databases.open(url)];
    const gateway = await receiveWebhooks();
    const [here, there] = nodes.map((database) => startMessages(database, { smsUrl: gateway.url }));
    const bodies = Array.from({ length: 60 }, (_, index) => `number ${index}`);
    await Promise.all(
      bodies.map((body, index) =>
        (index % 2 === 0 ? here : there)?.enqueue(nodes[index % 2] as Database, { ...sms, body }),
      ),
    );
    await vi.waitFor(() => expect(gateway.calls.length).toBeGreaterThanOrEqual(bodies.length), eventually);
    await Promise.all([here?.close(), there?.close()]);
    expect(gateway.calls.map(({ body }) => JSON.parse(body).body).toSorted()).toEqual(bodies.toSorted());
  });

  it('gives a message to one of many concurrent claims', async () => {
    const url = await databases.createUrl();
    const nodes = [await databases.open(url), await databases.open(url)];
    const queue = createMessages({
      database: nodes[0] as Database,
      clock: systemClock,
      log: silent,
      smsUrl: 'http://gateway.invalid/',
      keepCopies: false,
    });
    for (let number = 0; number < 10; number += 1) await queue.enqueue(nodes[0] as Database, sms);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        claimMessages(nodes[index % 2] as Database, 'sms', { claim: `worker ${index}`, limit: 3, now: Date.now() }),
      ),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(ids.length).toBe(new Set(ids).size);
  });

  it('sends what a process queued that has ended', async () => {
    const database = await databases.open();
    const gateway = await receiveWebhooks();
    const options = { database, clock: systemClock, log: silent, smsUrl: gateway.url, keepCopies: false };
    await createMessages(options).enqueue(database, sms); // never started
    startMessages(database, options);
    await vi.waitFor(() => expect(gateway.calls).toHaveLength(1), eventually);
  });

  it('sends what a process had claimed when it died within seconds, and counts no attempt for it', async () => {
    const database = await databases.open();
    const gateway = await receiveWebhooks();
    const options = { database, clock: systemClock, log: silent, smsUrl: gateway.url, keepCopies: false };
    await createMessages(options).enqueue(database, sms);
    const claim = { claim: 'a worker that died', limit: 10, now: Date.now() };
    expect(await claimMessages(database, 'sms', claim)).toHaveLength(1);
    expect(await claimMessages(database, 'sms', claim)).toEqual([]);
    startMessages(database, options);
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({ status: 'sent', attempts: 1 });
    }, eventually);
  });

  it('sends a message once though the provider takes longer than the lease', async () => {
    const url = await databases.createUrl();
    const nodes = [await databases.open(url), await databases.open(url)] as const;
    let accept: (status: number) => void = () => {};
    const accepted = new Promise<number>((resolve) => {
      accept = resolve;
    });
    const gateway = await receiveWebhooks(() => accepted);
    const [here] = nodes.map((database) => startMessages(database, { smsUrl: gateway.url, leaseMs: 3000 }));
    await here?.enqueue(nodes[0], sms);
    await vi.waitFor(async () => {
      expect((await onlyMessage(nodes[0])).renewals).toBeGreaterThan(4);
    }, eventually);
    accept(204);
    await vi.waitFor(async () => {
      expect(await onlyMessage(nodes[0])).toMatchObject({ status: 'sent' });
    }, eventually);
    expect(gateway.calls).toHaveLength(1);
  });

  it('goes on when the clock is set back while a message waits for its next attempt', async () => {
    const database = await databases.open();
    let ahead = 60 * 60 * 1000;
    const clock = { now: () => Date.now() + ahead };
    const gateway = await receiveWebhooks(() => (gateway.calls.length === 1 ? 503 : 204));
    const messages = startMessages(database, { smsUrl: gateway.url, clock, retryDelayMs: () => 60_000 });
    await messages.enqueue(database, sms);
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({ claim: null, attempts: 1 });
    }, eventually);
    ahead = 0;
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({ status: 'sent', attempts: 2 });
    }, eventually);
  });

  it('sends what waits since before the clock was set back and the process restarted', async () => {
    const database = await databases.open();
    const gateway = await receiveWebhooks();
    const options = { database, log: silent, smsUrl: gateway.url, keepCopies: false };
    const clock = { now: () => Date.now() + 24 * 60 * 60 * 1000 };
    await createMessages({ ...options, clock }).enqueue(database, sms);
    startMessages(database, options);
    await vi.waitFor(() => expect(gateway.calls).toHaveLength(1), eventually);
  });

  it.each([false, true])('keeps what was queued for a provider that is gone, with its text: %s', async (keepCopies) => {
    const database = await databases.open();
    const before = createMessages({
      database,
      clock: systemClock,
      log: silent,
      smsUrl: 'http://gateway.invalid/',
      keepCopies,
    });
    await before.enqueue(database, sms);
    const messages = startMessages(database, { keepCopies });
    const stored = keepCopies ? { body: sms.body, code: sms.code } : { body: '', code: null };
    await vi.waitFor(async () => {
      expect(await onlyMessage(database)).toMatchObject({ status: 'kept', ...stored });
    }, eventually);
    expect(await messages.listOutbox()).toHaveLength(1);
  });

  it('stores no text of a message that can be neither sent nor shown', async () => {
    const database = await databases.open();
    await startMessages(database, { keepCopies: false }).enqueue(database, sms);
    expect(await onlyMessage(database)).toMatchObject({ status: 'kept', body: '', code: null });
  });

  it('finishes the messages under way when it is closed', async () => {
    const database = await databases.open();
    const gateway = await receiveWebhooks();
    const messages = startMessages(database, { smsUrl: gateway.url });
    await messages.enqueue(database, sms);
    await vi.waitFor(() => expect(gateway.calls).toHaveLength(1), eventually);
    await messages.close();
    expect(await onlyMessage(database)).toMatchObject({ status: 'sent' });
    await messages.enqueue(database, sms);
    await messages.close();
    expect(gateway.calls).toHaveLength(1);
  });
});

function startMessages(database: Database, options: Partial<MessagesOptions>): Messages {
  const messages = createMessages({
    database,
    clock: systemClock,
    log: silent,
    keepCopies: false,
    retryDelayMs: () => 0,
    ...options,
  });
  messages.start();
  onTestFinished(() => messages.close());
  return messages;
}

function onlyMessage(database: Database) {
  return database.selectFrom('messages_outbox').selectAll().executeTakeFirstOrThrow();
}
