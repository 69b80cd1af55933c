import type { Database } from '../../database/open.ts';

/**
 * Whether a user came through an application: registered with its token, was given a code or token for it, or has a role
 * in it (U-45).
 */
export async function isMember(database: Database, clientId: string, userId: number): Promise<boolean> {
  const grants = (table: 'oauth_tokens' | 'oauth_codes') =>
    database
      .selectFrom(table)
      .select('client_id')
      .where('api', '=', 'ucenter')
      .where('client_id', '=', clientId)
      .where('user_id', '=', String(userId));
  const registrations = database
    .selectFrom('ucenter_users')
    .select('client_id')
    .where('id', '=', userId)
    .where('client_id', '=', clientId);
  const roles = database
    .selectFrom('ucenter_user_roles as user_role')
    .innerJoin('ucenter_roles as role', 'role.id', 'user_role.role_id')
    .select('role.client_id')
    .where('user_role.user_id', '=', userId)
    .where('role.client_id', '=', clientId);
  for (const evidence of [registrations, grants('oauth_tokens'), grants('oauth_codes'), roles])
    if (await evidence.limit(1).executeTakeFirst()) return true;
  return false;
}
