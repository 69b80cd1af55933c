import type { Context } from '../../context.ts';
import type { Database } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import { splitScope } from '../../oauth/scope.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { UcenterError } from './errors.ts';
import { ADMIN, DEVELOPER, listUserRoles } from './roles.ts';

/** What a token may do (U-12). The security of each operation in the contract names the scope that it needs. */
export type Scope = 'user_info' | 'user_details' | 'user_account' | 'message_send' | 'record_write' | 'app_admin';

/** What `userinfo` tells of the token's user (U-55). */
export type OpenIdScope = 'openid' | 'profile' | 'email' | 'phone' | 'address';

/**
 * Checks a scope that only some requests of an operation need.
 *
 * @throws UcenterError insufficientScope
 */
export function requireScope({ scope }: TokenActor, needed: Scope | OpenIdScope): void {
  if (!splitScope(scope).includes(needed)) throw new UcenterError('insufficientScope', { field: needed });
}

/**
 * The id of the token's user.
 *
 * @throws HttpError forbidden for an application's own token: it has no user (U-9)
 */
export function requireUserId({ userId }: TokenActor): number {
  if (userId === null) throw new HttpError('forbidden', 'The token stands for no user');
  return Number(userId);
}

/**
 * Checks that the token's user administers the token's application (U-33).
 *
 * @throws HttpError forbidden
 */
export const requireAdmin = (actor: TokenActor, context: Pick<Context, 'database'>): Promise<void> =>
  requireRoleNamed([DEVELOPER, ADMIN], actor, context);

/** Reads what only administrators may see, while it is checked that the caller is one. @throws HttpError forbidden */
export async function readAsAdmin<Result>(
  actor: TokenActor,
  { database }: Pick<Context, 'database'>,
  read: (database: Database) => Promise<Result>,
): Promise<Result> {
  const [, result] = await together(database, (view) => [requireAdmin(actor, { database: view }), read(view)]);
  return result;
}

/**
 * Checks that the token's user is a developer of the token's application.
 *
 * @throws HttpError forbidden
 */
export const requireDeveloper = (actor: TokenActor, context: Pick<Context, 'database'>): Promise<void> =>
  requireRoleNamed([DEVELOPER], actor, context);

async function requireRoleNamed(
  names: readonly string[],
  actor: TokenActor,
  { database }: Pick<Context, 'database'>,
): Promise<void> {
  const roles = await listUserRoles(database, actor.clientId, requireUserId(actor));
  if (!roles.some(({ name }) => names.includes(name)))
    throw new HttpError('forbidden', `Only ${names.join(' or ')} may do this`);
}
