import { expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { deleteExpired } from '../../src/database/housekeeping.ts';
import type { Database } from '../../src/database/open.ts';
import { STEP_ROWS } from '../../src/database/steps.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { rowsOfTransactions } from '../support/watch-transactions.ts';

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

  it('deletes signing keys when they are no longer published', async () => {
    const database = await databases.open();
    const key = { api: 'ucenter', public_key: '{}', private_key: '', created_at: 0 };
    await database
      .insertInto('oauth_signing_keys')
      .values([
        { ...key, id: 'signs', retired_at: null },
        { ...key, id: 'published', retired_at: now - DAY / 2 },
        { ...key, id: 'over', retired_at: now - 2 * DAY },
      ])
      .execute();
    expect(await deleteExpired(database, tableOwners, now)).toBe(1);
    const left = await database.selectFrom('oauth_signing_keys').select('id').orderBy('id').execute();
    expect(left).toEqual([{ id: 'published' }, { id: 'signs' }]);
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

  it('deletes any number of rows in steps that others do not wait for', async () => {
    const database = await databases.open();
    const count = STEP_ROWS * 2 + 1;
    const many = <Row>(row: (id: string) => Row) => Array.from({ length: count }, (_, index) => row(`${index}`));
    const created = { api: 'tower', user_id: 'user', created_at: 0 };
    const message = { api: 'tower', channel: 'sms', recipient: '1', body: '', status: 'sent' } as const;
    const client = { api: 'tower', id: 'app', name: '', redirect_uris: '', scopes: '', grants: '' };
    const token = { ...created, client_id: 'app', scope: '', grant_id: 'g', access_expires_at: long };
    await database
      .insertInto('oauth_clients')
      .values({ ...client, created_at: 0, updated_at: 0 })
      .execute();
    await database
      .insertInto('oauth_sessions')
      .values(many((id_hash) => ({ ...created, id_hash, expires_at: long })))
      .execute();
    await database
      .insertInto('oauth_tokens')
      .values(many((id) => ({ ...token, id, access_hash: id })))
      .execute();
    await database
      .insertInto('messages_outbox')
      .values(many((id) => ({ ...message, id, next_attempt_at: 0, created_at: 0 })))
      .execute();
    await database
      .insertInto('ucenter_sms_codes')
      .values(many((phone) => ({ phone, sent_at: long })))
      .execute();
    await insertUnattachedFiles(database, count);
    let deleted = 0;
    const transactions = await rowsOfTransactions(async () => {
      deleted = await deleteExpired(database, tableOwners, now);
    });
    expect(deleted).toBe(count * 5);
    expect(Math.max(...transactions)).toBeLessThanOrEqual(STEP_ROWS);
    expect(transactions.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThanOrEqual(deleted);
    expect(await database.selectFrom('files_unkept').select('key').execute()).toHaveLength(count * 2);
  });
});

/** Files of a Tower team that were not attached in time, each with a smaller version. */
async function insertUnattachedFiles(database: Database, count: number): Promise<void> {
  const times = { created_at: 0, updated_at: 0 };
  const user = { id: 'ann', username: 'ann', email: '', nickname: '', gavatar: '', password_hash: '' };
  await database
    .insertInto('tower_users')
    .values({ ...user, ...times })
    .execute();
  await database
    .insertInto('tower_teams')
    .values({ id: 'team', name: '', ...times })
    .execute();
  const member = { id: 'member', team_id: 'team', user_id: 'ann', nickname: '', gavatar: '', role: 'owner' } as const;
  await database
    .insertInto('tower_members')
    .values({ ...member, ...times })
    .execute();
  const ids = Array.from({ length: count }, (_, index) => `${index}`);
  const file = { team_id: 'team', creator_id: 'member', filename: '', byte_size: 0, md5: '', signing_key: '' };
  for (const id of ids) {
    await database
      .insertInto('tower_attfiles')
      .values({ ...file, id, file_id: id, expires_at: past, created_at: 0 })
      .execute();
    await database
      .insertInto('tower_attfile_versions')
      .values({
        attfile_id: id,
        version: 'small',
        file_id: `${id} small`,
        content_type: '',
        byte_size: 0,
        created_at: 0,
      })
      .execute();
  }
}
