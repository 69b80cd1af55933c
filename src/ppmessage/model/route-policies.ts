import { randomInt } from 'node:crypto';
import type { Database, Transaction } from '../../database/open.ts';
import type { AppRow, GroupRow, UserRow } from '../database/tables.ts';
import { whereOnline } from './devices.ts';
import { startOfDay } from './statistics.ts';
import { agentsOf } from './users.ts';

/** Which agents a new conversation with a customer gets (P-71, P-72). */

/** A conversation has all of the candidates, or one of those who are online. */
export type Algorithm = GroupRow['group_route_algorithm'];

const algorithms = ['BROADCAST', 'SMART', 'LOAD', 'ROBOT'] as const;

/** The algorithm with a name, in any case. An unknown name means BROADCAST. */
export const toAlgorithm = (name = ''): Algorithm =>
  algorithms.find((known) => known === name.toUpperCase()) ?? 'BROADCAST';

/** The algorithm of a group, or of an app without one. Only groups have LOAD. */
function algorithmOf({ app_route_policy }: AppRow, group: GroupRow | undefined): Algorithm {
  const algorithm = group?.group_route_algorithm ?? toAlgorithm(app_route_policy);
  return algorithm === 'LOAD' && group === undefined ? 'BROADCAST' : algorithm;
}

/** Chooses the agents of new conversations. Create one in each transaction, after it has locked the app's row. */
export class Assigner {
  readonly #trx: Database | Transaction;
  readonly #app: AppRow;
  readonly #now: number;
  readonly #candidates = new Map<string, Candidate[]>();

  constructor(trx: Database | Transaction, app: AppRow, now: number) {
    this.#trx = trx;
    this.#app = app;
    this.#now = now;
  }

  /**
   * The agents of one more conversation; none when the customer has to wait.
   *
   * @param group the group that the customer asked for
   * @param isUrgent takes an agent who is not available rather than none
   */
  async choose(group: GroupRow | undefined, { isUrgent = false } = {}): Promise<UserRow[]> {
    const algorithm = algorithmOf(this.#app, group);
    const candidates = await this.#candidatesOf(group, algorithm);
    if (algorithm === 'BROADCAST') return candidates.map(({ user }) => user);
    const available = candidates.filter(({ isAvailable }) => isAvailable);
    const [first] = candidates;
    if (available.length === 0) return isUrgent && first !== undefined ? [first.user] : [];
    const least = (load: (candidate: Candidate) => number, among: Candidate[]) => {
      const lowest = Math.min(...among.map(load));
      return among.filter((candidate) => load(candidate) === lowest);
    };
    const byCustomers = (among: Candidate[]) => least(({ customers }) => customers, among);
    const best = {
      SMART: () => byCustomers(available),
      LOAD: () => byCustomers(least(({ messages }) => messages, available)),
      ROBOT: () => available,
    }[algorithm]();
    const chosen = best[randomInt(best.length)] as Candidate;
    chosen.customers += 1;
    return [chosen.user];
  }

  /** Reads the candidates once; conversations that this transaction creates are counted in memory. */
  async #candidatesOf(group: GroupRow | undefined, algorithm: Algorithm): Promise<Candidate[]> {
    const key = group?.uuid ?? '';
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const users = await findCandidates(this.#trx, this.#app.uuid, group);
    const loads = algorithm === 'BROADCAST' ? undefined : await readLoads(this.#trx, users, this.#now);
    const candidates = users.map((user) => ({
      user,
      isAvailable: loads?.online.has(user.uuid) === true && !['BUSY', 'REST'].includes(user.service_user_status),
      customers: loads?.customers.get(user.uuid) ?? 0,
      messages: loads?.messages.get(user.uuid) ?? 0,
    }));
    this.#candidates.set(key, candidates);
    return candidates;
  }
}

interface Candidate {
  user: UserRow;
  /** Online, and neither busy nor resting. */
  isAvailable: boolean;
  /** The different customers whom the agent served today. */
  customers: number;
  /** The messages that the agent sent today. */
  messages: number;
}

/** The agents of the group; without one, the app's distributors, or all agents where there are no distributors. */
async function findCandidates(
  trx: Database | Transaction,
  appUuid: string,
  group: GroupRow | undefined,
): Promise<UserRow[]> {
  if (group !== undefined)
    return agentsOf(appUuid, trx)
      .selectAll('user')
      .innerJoin('ppmessage_group_members as member', 'member.user_uuid', 'user.uuid')
      .where('member.group_uuid', '=', group.uuid)
      .execute();
  const agents = await agentsOf(appUuid, trx).selectAll('user').execute();
  const distributors = agents.filter(({ is_distributor_user }) => is_distributor_user === 1);
  return distributors.length > 0 ? distributors : agents;
}

/** Reads which agents are online, and what each has done today. */
async function readLoads(trx: Database | Transaction, agents: readonly UserRow[], now: number) {
  const [first] = agents;
  if (first === undefined) return undefined;
  const uuids = agents.map(({ uuid }) => uuid);
  const today = startOfDay(now);
  const online = await trx
    .selectFrom('ppmessage_devices')
    .select('user_uuid')
    .distinct()
    .where('app_uuid', '=', first.app_uuid)
    .where('user_uuid', 'in', uuids)
    .where(whereOnline('online_until', now))
    .execute();
  const written = trx
    .selectFrom('ppmessage_messages as message')
    .where('message.app_uuid', '=', first.app_uuid)
    .where('message.from_uuid', 'in', uuids)
    .where('message.created_at', '>=', today);
  const messages = await written
    .select(['message.from_uuid as agent', ({ fn }) => fn.countAll<number>().as('count')])
    .groupBy('message.from_uuid')
    .execute();
  const customers = await trx
    .selectFrom(
      written
        .innerJoin('ppmessage_conversations as conversation', 'conversation.uuid', 'message.conversation_uuid')
        .select(['message.from_uuid as agent', 'conversation.user_uuid as customer'])
        .where('conversation.conversation_type', '=', 'P2S')
        .union(
          trx
            .selectFrom('ppmessage_conversations as assigned')
            .select((row) => [
              row.fn.coalesce('assigned.assigned_uuid', row.val('')).as('agent'),
              'assigned.user_uuid as customer',
            ])
            .where('assigned.app_uuid', '=', first.app_uuid)
            .where('assigned.assigned_uuid', 'in', uuids)
            .where('assigned.created_at', '>=', today)
            .where('assigned.conversation_type', '=', 'P2S'),
        )
        .as('served'),
    )
    .select(['served.agent', ({ fn }) => fn.countAll<number>().as('count')])
    .groupBy('served.agent')
    .execute();
  const byAgent = (rows: readonly { agent: string; count: number }[]) =>
    new Map(rows.map(({ agent, count }) => [agent, count]));
  return {
    online: new Set(online.map(({ user_uuid }) => user_uuid)),
    messages: byAgent(messages),
    customers: byAgent(customers),
  };
}
