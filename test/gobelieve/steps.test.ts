import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { STEP_ROWS } from '../../src/database/steps.ts';
import { deleteExpired } from '../../src/gobelieve/database/housekeeping.ts';
import type { GobelieveTables } from '../../src/gobelieve/database/tables.ts';
import { dissolveGroup } from '../../src/gobelieve/model/groups.ts';
import { revokeTokens } from '../../src/gobelieve/model/tokens.ts';
import { rowsOfTransactions } from '../support/watch-transactions.ts';
import { createApp, describeApps, newUid } from './apps.ts';

/** What concerns many rows goes in steps, so that no other request of the app waits for long. */
describeApps('many rows', (place) => {
  const MEMBERS = 1100;
  const MESSAGES = 600;

  /** A super group with members, of whom one has a token, and messages. */
  async function createCrowd() {
    const { server } = place;
    const app = await createApp(place);
    const user = await app.user();
    const others = Array.from({ length: MEMBERS - 1 }, newUid);
    const gid = await app.group(user.uid, [user.uid, ...others], { super: true });
    for (let count = 0; count < MESSAGES; count += 100)
      await Promise.all(Array.from({ length: 100 }, () => app.say(user.uid, gid, 'x')));
    return { context: server.context, app, user, gid };
  }

  const countRows = async (table: keyof GobelieveTables, where: ReturnType<typeof sql<boolean>>) => {
    const rows = place.server.context.database.selectFrom(table).select(sql<number>`cast(count(*) as bigint)`.as('n'));
    return (await rows.where(where).executeTakeFirstOrThrow()).n;
  };

  it('of a dissolved group are deleted in steps, and the group is gone at once', async () => {
    const { context, app, user, gid } = await createCrowd();
    const { appid } = app;
    const rows = await rowsOfTransactions(() => dissolveGroup(context, { appid }, gid));
    // With the notification and the group itself.
    expect(Math.max(...rows)).toBeLessThanOrEqual(STEP_ROWS + 10);
    expect(rows.length).toBeGreaterThan(3);
    expect(await user.groups()).toEqual([]);
    for (const [table, where] of [
      ['gobelieve_members', sql<boolean>`group_id = ${gid}`],
      ['gobelieve_groups', sql<boolean>`id = ${gid}`],
      ['gobelieve_messages', sql<boolean>`app_id = ${appid} and type = 8`],
      ['gobelieve_memberships', sql<boolean>`group_id = ${gid} and up_to_id = ${Number.MAX_SAFE_INTEGER}`],
    ] as const)
      expect(await countRows(table, where)).toBe(0);
    // The notification that the group was created, and that it was dissolved.
    expect((await app.offline(user.uid)).count).toBe(2);
  });

  it('of a group whose dissolution was interrupted are out of sight, and housekeeping deletes them', async () => {
    const { context, app, user, gid } = await createCrowd();
    const { database, clock } = context;
    const stream = await user.listen();
    await database.updateTable('gobelieve_groups').set({ is_dissolved: 1 }).where('id', '=', gid).execute();
    expect(await user.groups()).toEqual([]);
    for (const [method, target, body] of [
      ['DELETE', `/groups/${gid}`, undefined],
      ['POST', `/groups/${gid}/members`, [1]],
      ['POST', '/messages/groups', { sender: user.uid, receiver: gid, content: 'x' }],
      ['POST', '/messages/groups/notifications', { group_id: gid, content: 'x' }],
    ] as const)
      expect((await app.send(method, target, body)).status).toBe(400);
    const rows = await rowsOfTransactions(() => deleteExpired(database, clock.now()));
    expect(Math.max(...rows)).toBeLessThanOrEqual(STEP_ROWS);
    expect(await countRows('gobelieve_members', sql<boolean>`group_id = ${gid}`)).toBe(0);
    expect(await countRows('gobelieve_groups', sql<boolean>`id = ${gid}`)).toBe(0);
    expect(await stream.all(app, user.uid)).toEqual([]);
    stream.close();
  });

  it('of revoked tokens are deleted in steps', async () => {
    const { database } = place.server.context;
    const { appid } = await createApp(place);
    const uid = newUid();
    const tokens = Array.from({ length: 1200 }, (_, count) => ({
      token_hash: `${appid} ${count}`,
      app_id: appid,
      uid,
    }));
    for (let start = 0; start < tokens.length; start += 400) {
      const values = tokens.slice(start, start + 400).map((token) => ({ ...token, created_at: 0 }));
      const more = { platform_id: null, device_id: null };
      await database
        .insertInto('gobelieve_tokens')
        .values(values.map((token) => ({ ...token, ...more })))
        .execute();
    }
    let revoked = 0;
    const rows = await rowsOfTransactions(async () => {
      revoked = await revokeTokens(place.server.context, { appid, uid });
    });
    expect(revoked).toBe(1200);
    expect(Math.max(...rows)).toBeLessThanOrEqual(STEP_ROWS);
  });
});
