import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { authenticateClient } from '../../oauth/clients/authenticate-client.ts';
import { type Client, findClient } from '../../oauth/clients/clients.ts';
import { OAuthError } from '../../oauth/errors.ts';
import { limitGuesses } from '../../oauth/sign-in/guesses.ts';
import { rememberNetwork } from '../../oauth/sign-in/known-networks.ts';
import { lockSignIns } from '../../oauth/sign-in/sign-ins.ts';
import { issueToken } from '../../oauth/tokens/issue-token.ts';
import { randomHex } from '../../secrets.ts';
import { profile } from '../profile.ts';
import { toSha1 } from './sign-ins.ts';
import { normalizeEmail } from './users.ts';

/** Tokens of people who type their password into one of the original's own programs (P-59). */

/** Unused for this long, such a token ends (P-61). */
export const PERSON_TOKEN_SECONDS = 2_592_000;

/** How many accounts with one e-mail address, each in another app, a sign-in tries. */
const MOST_ACCOUNTS = 10;

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
  const account = client && (await findAccount(client, credentials, network, context));
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

type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>;

/** The first account with this e-mail address and password; wrong passwords count as on the sign-in page (P-53). */
async function findAccount(client: Client, credentials: PersonCredentials, network: string, context: Context) {
  // The programs do not encode a plus sign, and a form has a blank there.
  const email = normalizeEmail(credentials.user_email).replaceAll(' ', '+');
  const listed = await listAccounts(email, client.ownerId as string, context);
  const ofApp = listed.filter(({ app_uuid }) => app_uuid === client.ownerId);
  const accounts = ofApp.length > 0 ? ofApp : listed;
  // Where several people have the address, no network is known: one of them could guess the passwords of the others.
  const people = new Set(accounts.map(({ uuid }) => uuid));
  // Whatever the key: an owner of many apps has many keys, and each of them finds the account.
  const guess = { network, subject: `login * ${email}`, userId: people.size === 1 ? accounts[0]?.uuid : undefined };
  let found: (typeof accounts)[number] | undefined;
  await limitGuesses(profile, guess, context, async () => {
    const password = toSha1(credentials.user_password);
    for (const account of accounts.length > 0 ? accounts : [undefined]) {
      if (!(await context.passwords.verify(account?.password_hash, password))) continue;
      found = account;
      return true;
    }
    return false;
  });
  return found;
}

/** The agents with an e-mail address, in the order in which a sign-in tries them. */
export const listAccounts = (email: string, keyAppUuid: string, { database }: Context) =>
  database
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_apps as app', 'app.uuid', 'user.app_uuid')
    .select(['user.uuid', 'user.app_uuid', 'user.password_hash'])
    .where('user.user_email', '=', email)
    .where('user.is_service_user', '=', 1)
    .where('user.removed_at', 'is', null)
    .where('app.removed_at', 'is', null)
    .orderBy((row) =>
      row
        .case()
        .when('user.app_uuid', '=', keyAppUuid)
        .then(0)
        .when('app.user_uuid', '=', row.ref('user.uuid'))
        .then(1)
        .else(2)
        .end(),
    )
    .orderBy('app.created_at')
    .orderBy('app.uuid')
    .limit(MOST_ACCOUNTS)
    .execute();

/** The password may have changed while it was checked. */
async function isUnchanged(trx: Transaction, account: Account): Promise<boolean> {
  const user = await trx
    .selectFrom('ppmessage_users')
    .select('uuid')
    .where('app_uuid', '=', account.app_uuid)
    .where('uuid', '=', account.uuid)
    .where('password_hash', '=', account.password_hash)
    .executeTakeFirst();
  return user !== undefined;
}
