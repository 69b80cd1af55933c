import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { leaseEnds } from '../../live/lease.ts';
import type { ClientActor } from './access.ts';

/**
 * Users who are online, on all nodes (G-47, G-74). Each connection has a row, each node a lease: a node that renews its
 * lease keeps all of its connections, and the connections of a node that has died no longer count.
 */

/** A node counts for this long after its last renewal. */
const LEASE_MS = 90_000;

type PresenceContext = Pick<Context, 'bus' | 'clock' | 'closing' | 'database' | 'log'>;

/** The platforms of the socket protocol that are phones: iOS and Android. */
const PHONES: readonly (number | null | undefined)[] = [1, 2];

/**
 * Makes a user online until the returned function is called.
 *
 * @param platformId the kind of device, as in `platform_id` of a grant; other kinds than phones do not keep pushes from
 *   the phone when the user wants both
 */
export async function keepOnline(
  context: PresenceContext,
  { appid, uid }: ClientActor,
  platformId: number | null | undefined,
): Promise<() => void> {
  const { database, log } = context;
  const node = await joinAsNode(context);
  const connection = randomUUID();
  const is_phone = PHONES.includes(platformId) ? 1 : 0;
  await database
    .insertInto('gobelieve_connections')
    .values({ connection, app_id: appid, uid, node, is_phone })
    .execute();
  return () => {
    database
      .deleteFrom('gobelieve_connections')
      .where('connection', '=', connection)
      .execute()
      .catch((error: unknown) => log.warn({ err: error }, 'the end of a connection could not be recorded'));
  };
}

/** The node that this process is, by its bus: it joins with its first connection. */
const nodes = new WeakMap<PresenceContext['bus'], Promise<string>>();

function joinAsNode(context: PresenceContext): Promise<string> {
  const { bus } = context;
  const joined = nodes.get(bus) ?? join(context);
  nodes.set(bus, joined);
  // The next connection tries again.
  joined.catch(() => nodes.delete(bus));
  return joined;
}

async function join({ clock, closing, database, log }: PresenceContext): Promise<string> {
  const node = randomUUID();
  async function renew(): Promise<void> {
    const expires_at = clock.now() + LEASE_MS;
    await database
      .insertInto('gobelieve_nodes')
      .values({ node, expires_at })
      .onConflict((conflict) => conflict.column('node').doUpdateSet({ expires_at }))
      .execute();
  }
  await renew();
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn({ err: error }, 'the lease of this node could not be renewed'));
  }, LEASE_MS / 3).unref();
  closing.addEventListener('abort', () => clearInterval(timer), { once: true });
  return node;
}

/** The nodes whose connections count, for queries that join them. */
export function livingNodes({ database, clock }: Pick<Context, 'database' | 'clock'>) {
  const { after, upTo } = leaseEnds(LEASE_MS, clock.now());
  return database
    .selectFrom('gobelieve_nodes')
    .select('node')
    .where('expires_at', '>', after)
    .where('expires_at', '<=', upTo);
}
