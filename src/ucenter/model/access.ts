import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { TokenActor } from '../../oauth/tokens.ts';
import { rolesOf } from './roles.ts';

/** The user of a token. Throws 403 for an app's own token: it reaches only what needs no sign-in (document, 1.2.4). */
export function requireUser({ userId }: TokenActor): number {
  if (userId === null) throw new HttpError('forbidden', 'The token stands for no user');
  return Number(userId);
}

/**
 * The user of a token, who has to administer the token's app.
 *
 * @param names the roles that may do it
 * @throws HttpError forbidden
 */
export async function requireAdmin(
  actor: TokenActor,
  { database }: Context,
  names: readonly string[] = ['developer', 'admin'],
): Promise<number> {
  const userId = requireUser(actor);
  const roles = await rolesOf(database, actor.clientId, userId);
  if (!roles.some(({ name }) => names.includes(name))) {
    throw new HttpError('forbidden', `Only ${names.join(' or ')} may do this`);
  }
  return userId;
}
