import type { Context } from '../../context.ts';
import type { Caller } from './callers.ts';
import { PpmessageError } from './errors.ts';

/** Canned answers (the contract's scripts) and their groups, which are not groups of agents (P-50). */

/** The scripts of the token's app, oldest first. */
export const scriptsOf = ({ appUuid }: Caller, { database }: Context) =>
  database
    .selectFrom('ppmessage_scripts')
    .selectAll()
    .where('app_uuid', '=', appUuid)
    .orderBy('created_at')
    .orderBy('uuid');

/**
 * Checks that a group of scripts belongs to the token's app.
 *
 * @throws PpmessageError noSuchObject
 */
export async function requireScriptGroup(uuid: string, { appUuid }: Caller, { database }: Context): Promise<void> {
  const group = await database
    .selectFrom('ppmessage_script_groups')
    .select('uuid')
    .where('uuid', '=', uuid)
    .where('app_uuid', '=', appUuid)
    .executeTakeFirst();
  if (group === undefined) throw new PpmessageError('noSuchObject');
}
