import type { Selectable } from 'kysely';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { isPrivateHost } from '../../messages/post-webhook.ts';
import { randomHex, seal, unseal } from '../../secrets.ts';
import type { TowerWebhooksTable } from '../database/tables.ts';
import { newId } from './ids.ts';
import type { Caller } from './members.ts';
import { queueConnected } from './webhook-queue.ts';

/** An address at which an application gets the events and notifications of its team (T-63). */
export type Webhook = Selectable<TowerWebhooksTable>;

/** What the form of a new webhook says. */
export interface NewWebhook {
  url: string;
  wantsEvents: boolean;
  wantsNotifications: boolean;
}

/** The webhooks of an application, oldest first. */
export const listWebhooks = (database: Database, clientId: string): Promise<Webhook[]> =>
  database
    .selectFrom('tower_webhooks')
    .selectAll()
    .where('client_id', '=', clientId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();

/**
 * A webhook of an application.
 *
 * @throws HttpError not_found
 */
export async function requireWebhook(database: Database, clientId: string, id: string): Promise<Webhook> {
  const webhook = await database
    .selectFrom('tower_webhooks')
    .selectAll()
    .where('id', '=', id)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
  if (webhook === undefined) throw new HttpError('not_found', 'This application has no such webhook');
  return webhook;
}

/** What is wrong with a new webhook. */
export type WebhookProblem = 'urlInvalid' | 'urlPrivate' | 'nothingWanted' | 'noSecretKey' | 'tooMany';

/** Checks a new webhook (T-64). */
export function checkNewWebhook(
  { url, wantsEvents, wantsNotifications }: NewWebhook,
  { config }: Pick<Context, 'config'>,
): WebhookProblem[] {
  const problems: WebhookProblem[] = [];
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const schemes = config.privateWebhooks ? ['https:', 'http:'] : ['https:'];
  if (address === undefined || !schemes.includes(address.protocol) || address.username + address.password !== '')
    problems.push('urlInvalid');
  else if (!config.privateWebhooks && isPrivateHost(address.hostname)) problems.push('urlPrivate');
  if (!wantsEvents && !wantsNotifications) problems.push('nothingWanted');
  if (config.secretKey === undefined) problems.push('noSecretKey');
  return problems;
}

/**
 * Registers a webhook of an application and sends it a first call.
 *
 * @returns undefined when the application has as many webhooks as it may
 */
export async function createWebhook(
  { url, wantsEvents, wantsNotifications }: NewWebhook,
  { clientId, member }: { clientId: string; member: Caller },
  context: Pick<Context, 'clock' | 'config' | 'database'>,
): Promise<{ webhook: Webhook; secret: string } | undefined> {
  const now = context.clock.now();
  const secret = randomHex(32);
  return transact(context.database, async (trx) => {
    await lockInTransaction(trx, `tower_webhooks:${clientId}`);
    const { count } = await trx
      .selectFrom('tower_webhooks')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('client_id', '=', clientId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= limitOf(context.config, 'TOWER_WEBHOOK_LIMIT')) return undefined;
    const webhook = await trx
      .insertInto('tower_webhooks')
      .values({
        id: newId(now),
        client_id: clientId,
        team_id: member.team_id,
        member_id: member.id,
        url,
        secret: sealSecret(secret, context),
        wants_events: wantsEvents ? 1 : 0,
        wants_notifications: wantsNotifications ? 1 : 0,
        created_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await queueConnected(trx, webhook.id, now);
    return { webhook, secret };
  });
}

/** Replaces the secret of a webhook. The next call is signed with the new one. */
export async function rotateWebhookSecret(id: string, context: Pick<Context, 'config' | 'database'>): Promise<string> {
  const secret = randomHex(32);
  await context.database
    .updateTable('tower_webhooks')
    .set({ secret: sealSecret(secret, context) })
    .where('id', '=', id)
    .execute();
  return secret;
}

/** Turns a webhook on again, and sends it a first call. What happened meanwhile is not sent. */
export const enableWebhook = (id: string, { clock, database }: Pick<Context, 'clock' | 'database'>): Promise<void> =>
  transact(database, async (trx) => {
    await trx
      .updateTable('tower_webhooks')
      .set({ failing_since: null, disabled_at: null, disabled_reason: null })
      .where('id', '=', id)
      .execute();
    await queueConnected(trx, id, clock.now());
  });

export async function deleteWebhook(database: Database, id: string): Promise<void> {
  await database.deleteFrom('tower_webhooks').where('id', '=', id).execute();
}

/** A secret as it is stored. */
export const sealSecret = (secret: string, context: Pick<Context, 'config'>): string =>
  seal(sealingKey(context), secret);

/** The secret that signs the calls of a webhook. */
export const secretOf = ({ secret }: Webhook, context: Pick<Context, 'config'>): string =>
  unseal(sealingKey(context), secret);

function sealingKey({ config }: Pick<Context, 'config'>): string {
  if (config.secretKey === undefined) throw new Error('SECRET_KEY is not set: the secrets of webhooks cannot be read');
  return `tower-webhooks:${config.secretKey}`;
}
