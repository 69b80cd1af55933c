import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/open.ts';
import { transact } from '../../src/database/transact.ts';
import { createMessages } from '../../src/messages/messages.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { silent } from '../support/silent-log.ts';

const toAnn = { api: 'tower', channel: 'wechat', to: 'ann', body: 'Your code is 123456', code: '123456' } as const;
const toBob = { api: 'tower', channel: 'email', to: 'bob@example.com', subject: 'Welcome', body: 'Hello' } as const;

const withoutProviders = (database: Database) =>
  createMessages({ database, clock: systemClock, log: silent, keepCopies: true });

describeEachDatabase('the outbox', (databases) => {
  it('shows messages without a provider, newest first', async () => {
    const database = await databases.open();
    const messages = withoutProviders(database);
    await messages.enqueue(database, toAnn);
    await messages.enqueue(database, toBob);
    const common = { id: expect.any(String), created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/) };
    expect(await messages.listOutbox()).toEqual([
      { ...common, channel: 'email', to: 'bob@example.com', subject: 'Welcome', body: 'Hello', code: null },
      { ...common, channel: 'wechat', to: 'ann', subject: null, body: 'Your code is 123456', code: '123456' },
    ]);
    const rows = await database.selectFrom('messages_outbox').select('status').execute();
    expect(rows).toEqual([{ status: 'kept' }, { status: 'kept' }]);
  });

  it('is newest first, also within a millisecond, and can be limited and filtered', async () => {
    const database = await databases.open();
    const messages = withoutProviders(database);
    const bodies = Array.from({ length: 50 }, (_, index) => `number ${index}`);
    for (const body of bodies) await messages.enqueue(database, { ...toAnn, body });
    await messages.enqueue(database, toBob);
    const listed = await messages.listOutbox({ to: 'ann' });
    expect(listed.map(({ body }) => body)).toEqual(bodies.toReversed());
    const [newest, ...others] = await messages.listOutbox({ limit: 2 });
    expect([newest?.body, others[0]?.body]).toEqual(['Hello', 'number 49']);
    expect(others).toHaveLength(1);
  });

  it('is cleared for one recipient or for all', async () => {
    const database = await databases.open();
    const messages = withoutProviders(database);
    for (const message of [toAnn, toAnn, toBob]) await messages.enqueue(database, message);
    await messages.clearOutbox('ann');
    expect((await messages.listOutbox()).map(({ to }) => to)).toEqual(['bob@example.com']);
    await messages.clearOutbox();
    expect(await messages.listOutbox()).toEqual([]);
  });

  it('has no messages of a failed transaction', async () => {
    const database = await databases.open();
    const messages = withoutProviders(database);
    const work = transact(database, async (transaction) => {
      await messages.enqueue(transaction, toAnn);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await messages.listOutbox()).toEqual([]);
  });

  it('ends a wait at once when there is a message', async () => {
    const database = await databases.open();
    const messages = withoutProviders(database);
    await messages.enqueue(database, toAnn);
    expect(await messages.waitForOutbox({ to: 'ann' }, 60_000)).toHaveLength(1);
  });

  it('ends a wait for a message to the recipient, and not for other messages', async () => {
    const database = await databases.open();
    const messages = withoutProviders(database);
    const waiting = messages.waitForOutbox({ to: 'ann' }, 60_000);
    await messages.enqueue(database, toBob);
    await transact(database, (transaction) => messages.enqueue(transaction, toAnn));
    expect((await waiting).map(({ to }) => to)).toEqual(['ann']);
  });

  it('ends a wait for a message that another node has queued', async () => {
    const url = await databases.createUrl();
    const [here, there] = [await databases.open(url), await databases.open(url)];
    const waiting = withoutProviders(here).waitForOutbox({}, 60_000);
    await withoutProviders(there).enqueue(there, toAnn);
    expect(await waiting).toHaveLength(1);
  });

  it('ends a wait without messages at the timeout, when the client disconnects and when the server closes', async () => {
    const messages = withoutProviders(await databases.open());
    expect(await messages.waitForOutbox({}, 20)).toEqual([]);
    const client = new AbortController();
    const gone = messages.waitForOutbox({}, 60_000, client.signal);
    client.abort();
    expect(await gone).toEqual([]);
    const waiting = messages.waitForOutbox({}, 60_000);
    await messages.close();
    expect(await waiting).toEqual([]);
  });
});
