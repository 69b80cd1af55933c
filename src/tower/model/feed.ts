import type { Transaction } from '../../database/open.ts';
import { afterCommit, lockInTransaction } from '../../database/transact.ts';
import type { Bus } from '../../live/bus.ts';

/** Says on the bus that a team has new events or notifications. */
export const feedTopic = (teamId: string): string => `tower:${teamId}:feed`;

/**
 * Takes the lock of a team's feed, before an event or a notification is written, and wakes its readers after the commit.
 * Because of the lock, ids of one team grow in the order of the commits: a reader that has seen an id has seen all before
 * it.
 */
export async function announce(trx: Transaction, teamId: string, bus: Bus): Promise<void> {
  await lockInTransaction(trx, `tower:feed:${teamId}`);
  afterCommit(trx, () => bus.publish([feedTopic(teamId)], null));
}
