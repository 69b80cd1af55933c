import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { authenticateClient } from '../../oauth/clients/authenticate-client.ts';
import { type Client, findClient } from '../../oauth/clients/clients.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { rememberNetwork } from '../../oauth/sign-in/known-networks.ts';
import { lockSignIns } from '../../oauth/sign-in/sign-ins.ts';
import { issueToken } from '../../oauth/tokens/issue-token.ts';
import { randomHex } from '../../secrets.ts';
import type { UserRow } from '../database/tables.ts';
import { profile } from '../profile.ts';
import { findAccount, listAccounts } from './accounts.ts';
import { normalizeEmail } from './users.ts';

/** Tokens of people who type their password into one of the original's own programs (P-59). */

/** Unused for this long, such a token ends (P-61). */
export const PERSON_TOKEN_SECONDS = 2_592_000;

export interface PersonCredentials {
  client_id: string;
  /** Need not be sent. */
  client_secret?: string | undefined;
  user_email: string;
  /** The SHA-1 of the password in hex, or its text. */
  user_password: string;
}

/**
 * Signs a person in by e-mail address and password. The token belongs to the person: its app is that of the key if the
 * person is an agent there, else an app that the person owns, else one that the person serves (P-59).
 *
 * @throws OAuthError invalid_grant
 * @throws HttpError too_many_requests
 */
export async function signPersonIn(credentials: PersonCredentials, network: string, context: Context) {
  const wrong = new OAuthError('invalid_grant', 'The key, the e-mail address or the password is wrong');
  const client = await findOwnClient(credentials, network, context);
  const account = client && (await findPerson(client, credentials, network, context));
  if (client === undefined || account === undefined) throw wrong;

  const now = context.clock.now();
  const lifetimes = { ...profile.lifetimes, accessToken: PERSON_TOKEN_SECONDS };
  const token = await transact(context.database, async (trx) => {
    await lockSignIns(trx, profile, account.uuid);
    if (!(await isUnchanged(trx, account))) throw wrong;
    await rememberNetwork(trx, profile, account.uuid, network, now);
    return issueToken(trx, { ...profile, lifetimes }, now, {
      client,
      userId: account.uuid,
      ownerId: account.app_uuid === client.ownerId ? undefined : account.app_uuid,
      grantId: randomHex(16),
      scope: client.scopes.filter((level) => level !== 'PPCOM'),
      withRefreshToken: false,
    });
  });
  return { token, account };
}

/** The key of an own program. Its secret is checked only when it is sent. */
async function findOwnClient(
  { client_id: id, client_secret: secret }: PersonCredentials,
  network: string,
  context: Context,
): Promise<Client | undefined> {
  const client =
    secret === undefined
      ? await findClient(context.database, profile, id)
      : await authenticateClient(profile, { id, secret }, network, context);
  return client?.grants.includes('password') ? client : undefined;
}

/** Finds the person's account: of those in the key's app, if there is one, otherwise of all. */
async function findPerson(
  { ownerId }: Client,
  credentials: PersonCredentials,
  network: string,
  context: Context,
): Promise<UserRow | undefined> {
  // The programs do not encode a plus sign, and a form has a blank there.
  const email = normalizeEmail(credentials.user_email).replaceAll(' ', '+');
  const accounts = await listAccounts(email, ownerId as string, context);
  const ofApp = accounts.filter(({ app_uuid }) => app_uuid === ownerId);
  const guess = { email, password: credentials.user_password, network };
  return findAccount(ofApp.length > 0 ? ofApp : accounts, guess, context);
}

/** The password may have changed while it was checked. */
async function isUnchanged(trx: Transaction, account: UserRow): Promise<boolean> {
  const user = await trx
    .selectFrom('ppmessage_users')
    .select('uuid')
    .where('app_uuid', '=', account.app_uuid)
    .where('uuid', '=', account.uuid)
    .where('password_hash', '=', account.password_hash)
    .executeTakeFirst();
  return user !== undefined;
}
