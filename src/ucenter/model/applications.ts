import { sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { deleteInSteps, inSteps, STEP_ROWS } from '../../database/steps.ts';
import { transact } from '../../database/transact.ts';
import { deleteClient, prepareClient } from '../../oauth/clients/clients.ts';
import type { OauthClientsTable } from '../../oauth/database/tables.ts';
import { randomHex } from '../../secrets.ts';
import { defaultScopes, profile } from '../profile.ts';
import { dropFilesOf } from './files.ts';
import { COMMON, DEVELOPER } from './roles.ts';

export interface NewApplication {
  /** Defaults to `UC` and 13 hex digits, the form of the original's ids. */
  id?: string | undefined;
  secret?: string | undefined;
  name: string;
  redirectUris: readonly string[];
  passwordGrant?: boolean;
  /** Defaults to all but those of OpenID Connect, which are granted on request only (U-12, U-52). */
  scopes?: readonly string[] | undefined;
}

/** @param hex at least 14 digits */
export const toApplicationId = (hex: string): string => `UC${hex.slice(1, 14)}`;

/** The row of a new application. */
export const prepareApplication = (
  { id = toApplicationId(randomHex(7)), scopes = defaultScopes, ...application }: NewApplication,
  context: Pick<Context, 'clock' | 'passwords'>,
) => prepareClient(context, profile, { id, scopes, ...application });

/**
 * Creates an application with the roles that every application has.
 *
 * @returns the ids of the roles by name
 */
export async function createApplication(
  trx: Transaction,
  row: OauthClientsTable,
): Promise<Record<typeof DEVELOPER | typeof COMMON, number>> {
  await trx.insertInto('oauth_clients').values(row).execute();
  const create = async (name: string, title: string) => {
    const role = { client_id: row.id, name, title };
    return (await trx.insertInto('ucenter_roles').values(role).returning('id').executeTakeFirstOrThrow()).id;
  };
  return { [DEVELOPER]: await create(DEVELOPER, '开发者'), [COMMON]: await create(COMMON, '普通用户') };
}

/**
 * Deletes an application with its tokens, roles, permissions, records and files. What there may be much of goes before the
 * application, in steps; when these are interrupted, call it again.
 *
 * @returns false when there is none
 */
export async function deleteApplication(
  id: string,
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<boolean> {
  const now = clock.now();
  const ofClient = sql`client_id = ${id}`;
  await deleteInSteps(database, 'oauth_tokens', ['id'], sql`api = ${profile.api} and client_id = ${id}`);
  for (const table of recordTables) await deleteInSteps(database, table, ['id'], ofClient);
  await inSteps((limit) => transact(database, (trx) => dropFilesOf(trx, id, now, limit)), STEP_ROWS / 2);
  return transact(database, async (trx) => {
    if (!(await deleteClient(trx, profile, id))) return false;
    await dropFilesOf(trx, id, now);
    for (const table of tablesOfApplication) await trx.deleteFrom(table).where('client_id', '=', id).execute();
    return true;
  });
}

const recordTables = ['ucenter_sms_messages', 'ucenter_emails', 'ucenter_logs'] as const;

const tablesOfApplication = [
  'ucenter_roles',
  'ucenter_permissions',
  'ucenter_html_senders',
  'ucenter_storage',
  ...recordTables,
] as const;

/** Gives a new user the role `common` of the default application, which is the oldest one (U-23). */
export async function giveDefaultRole(trx: Transaction, userId: number): Promise<void> {
  await trx
    .insertInto('ucenter_user_roles')
    .columns(['user_id', 'role_id'])
    .expression(({ selectFrom, val }) =>
      selectFrom('ucenter_roles')
        .select([val(userId).as('user_id'), 'id'])
        .where('name', '=', COMMON)
        .where('client_id', '=', ({ selectFrom }) =>
          selectFrom('oauth_clients')
            .select('oauth_clients.id')
            .where('api', '=', profile.api)
            .orderBy('created_at')
            .orderBy('oauth_clients.id')
            .limit(1),
        ),
    )
    .execute();
}
