import { expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { deleteExpired } from '../../src/database/housekeeping.ts';
import { describeEachDatabase } from '../support/databases.ts';

const DAY = 24 * 60 * 60 * 1000;
const now = 1_800_000_000_000;
const long = now - 2 * DAY;
const past = now - 1000;
const future = now + 1000;

describeEachDatabase('deleteExpired', (databases) => {
  it('keeps every token that can still be used or recognised as replayed', async () => {
    const database = await databases.open();
    await database
      .insertInto('oauth_clients')
      .values({
        api: 'tower',
        id: 'app',
        name: '',
        redirect_uris: '[]',
        scopes: '',
        grants: '[]',
        created_at: 0,
        updated_at: 0,
      })
      .execute();
    const token = { api: 'tower', client_id: 'app', scope: '', grant_id: 'g', created_at: 0 };
    const tokens = {
      'kept: alive': { access_expires_at: future },
      'kept: expired a moment ago': { access_expires_at: past },
      'kept: can be refreshed': { access_expires_at: long, refresh_hash: '1', refresh_expires_at: future },
      'kept: rotated, replay': {
        access_expires_at: long,
        refresh_hash: '2',
        refresh_expires_at: future,
        rotated_at: 1,
      },
      'kept: refreshes for ever': { access_expires_at: long, refresh_hash: '3' },
      'kept: recently rotated': { access_expires_at: long, refresh_hash: '4', rotated_at: long },
      'gone: no refresh': { access_expires_at: long },
      'gone: both expired': { access_expires_at: long, refresh_hash: '5', refresh_expires_at: long },
      'gone: rotated long ago': { access_expires_at: long, refresh_hash: '6', rotated_at: now - 91 * DAY },
    };
    for (const [id, values] of Object.entries(tokens)) {
      await database
        .insertInto('oauth_tokens')
        .values({ ...token, id, access_hash: id, ...values })
        .execute();
    }
    expect(await deleteExpired(database, tableOwners, now)).toBe(3);
    const left = await database.selectFrom('oauth_tokens').select('id').execute();
    expect(left.map(({ id }) => id).toSorted()).toEqual(
      Object.keys(tokens)
        .filter((id) => id.startsWith('kept'))
        .toSorted(),
    );
  });

  it('forgets networks that a user has not signed in from for 180 days', async () => {
    const database = await databases.open();
    const network = { api: 'tower', user_id: 'ann' };
    await database
      .insertInto('oauth_known_networks')
      .values([
        { ...network, network_hash: 'left', used_at: now - 181 * DAY },
        { ...network, network_hash: 'home', used_at: now - 179 * DAY },
      ])
      .execute();
    expect(await deleteExpired(database, tableOwners, now)).toBe(1);
    const left = await database.selectFrom('oauth_known_networks').select('network_hash').execute();
    expect(left).toEqual([{ network_hash: 'home' }]);
  });

  it('deletes old sessions, second steps and messages, but no queued message', async () => {
    const database = await databases.open();
    const owner = { api: 'tower', user_id: 'user', created_at: 0 };
    for (const expires_at of [long, future]) {
      const session = { ...owner, id_hash: `${expires_at}`, expires_at };
      await database.insertInto('oauth_sessions').values(session).execute();
      await database
        .insertInto('oauth_second_steps')
        .values({ ...session, client_id: '', code_hash: '' })
        .execute();
    }
    const message = { api: 'tower', channel: 'sms', recipient: '1', body: '', next_attempt_at: 0 } as const;
    await database
      .insertInto('messages_outbox')
      .values([
        { ...message, id: 'old', status: 'sent', created_at: now - 31 * DAY },
        { ...message, id: 'new', status: 'sent', created_at: past },
        { ...message, id: 'waits', status: 'queued', created_at: now - 31 * DAY },
      ])
      .execute();
    expect(await deleteExpired(database, tableOwners, now)).toBe(3);
    expect(await database.selectFrom('oauth_sessions').select('expires_at').execute()).toEqual([
      { expires_at: future },
    ]);
    expect(await database.selectFrom('messages_outbox').select('id').orderBy('id').execute()).toEqual([
      { id: 'new' },
      { id: 'waits' },
    ]);
  });
});
