import { createHmac } from 'node:crypto';
import type { Transaction } from '../database/open.ts';
import { sha256 } from '../secrets.ts';
import type { Profile } from './profile.ts';
import { csrfToken } from './sign-in/csrf.ts';

/** Fixed credentials of demo data, which samples contain literally. They are public, and only a sandbox has them. */

/** They outlive the demo data, unless a test moves the clock that far. */
export const DEMO_LIFETIME_MS = 10 * 365 * 24 * 3600 * 1000;

/** A token, code or cookie of 64 hex digits that is the same in every sandbox. */
export const demoSecret = (
  api: string,
  kind: 'token' | 'refresh' | 'code' | 'session' | 'key',
  owner: string,
): string => createHmac('sha256', 'qiyue-demo').update(`${api}:${kind}:${owner}`).digest('hex');

/** The CSRF token of forms in the session of a person. */
export const demoCsrfToken = (api: string, owner: string): string =>
  csrfToken({ cookie: demoSecret(api, 'session', owner), fresh: false, account: undefined });

export interface DemoGrant {
  /** The key of the person, or a name for a grant of its own. */
  key: string;
  clientId: string;
  /** Null where the client acts for itself. */
  userId: string | null;
  scope?: string;
  /** The owner of the account, where it is not the owner of the client. */
  ownerId?: string;
}

/** Inserts an access token with its refresh token for each grant: `demoSecret(api, 'token', key)`. */
export async function insertDemoTokens(
  trx: Transaction,
  { api }: Pick<Profile, 'api'>,
  grants: readonly DemoGrant[],
  now: number,
): Promise<void> {
  const rows = grants.map(({ key, clientId, userId, scope = '', ownerId }) => ({
    id: `demo-${api}-${key}`,
    api,
    client_id: clientId,
    user_id: userId,
    owner_id: ownerId ?? null,
    scope,
    access_hash: sha256(demoSecret(api, 'token', key)),
    refresh_hash: sha256(demoSecret(api, 'refresh', key)),
    access_expires_at: now + DEMO_LIFETIME_MS,
    refresh_expires_at: null,
    grant_id: `demo-${api}-${key}`,
    authenticated_at: null,
    created_at: now,
    first_used_at: now,
  }));
  await trx.insertInto('oauth_tokens').values(rows).execute();
}

/** Inserts a session for each person: `demoSecret(api, 'session', key)`. */
export async function insertDemoSessions(
  trx: Transaction,
  { api }: Pick<Profile, 'api'>,
  people: readonly { key: string; userId: string }[],
  now: number,
): Promise<void> {
  const rows = people.map(({ key, userId }) => ({
    id_hash: sha256(demoSecret(api, 'session', key)),
    api,
    user_id: userId,
    created_at: now,
    expires_at: now + DEMO_LIFETIME_MS,
  }));
  await trx.insertInto('oauth_sessions').values(rows).execute();
}

/**
 * Inserts an authorization code that can be exchanged once: `demoSecret(api, 'code', key)`.
 *
 * @param code with the key of the person in whose session it was given, for a page that shows it
 */
export async function insertDemoCode(
  trx: Transaction,
  { api }: Pick<Profile, 'api'>,
  code: DemoGrant & { userId: string; redirectUri: string; session?: string },
  now: number,
): Promise<void> {
  const { key, clientId, userId, scope = '', redirectUri, session } = code;
  await trx
    .insertInto('oauth_codes')
    .values({
      code_hash: sha256(demoSecret(api, 'code', key)),
      api,
      client_id: clientId,
      user_id: userId,
      redirect_uri: redirectUri,
      session_hash: session === undefined ? null : sha256(demoSecret(api, 'session', session)),
      scope,
      grant_id: `demo-code-${api}-${key}`,
      created_at: now,
      expires_at: now + DEMO_LIFETIME_MS,
    })
    .execute();
}
