import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { contentOf } from '../files/store.ts';
import { type DemoSamples, passwordGrant } from '../http/demo-samples.ts';
import {
  DEMO_LIFETIME_MS,
  demoCsrfToken,
  demoSecret,
  insertDemoCode,
  insertDemoSessions,
  insertDemoTokens,
} from '../oauth/demo-credentials.ts';
import { sha256 } from '../secrets.ts';
import { defaultScopes, profile } from './profile.ts';

/** What the samples of the documentation use: fixed tokens, sessions, a code, SMS codes, links of notices and a file. */

const { api } = profile;

const CLIENT_ID = 'UC00000000demo1';
const authorization = {
  client_id: CLIENT_ID,
  redirect_uri: 'http://127.0.0.1:8080/callback',
  response_type: 'code',
  scope: 'user_info',
  state: 'af0ifjsldkj',
};
/** A phone that has no user, and one whose code was not shown yet. */
const phones = { fresh: '18888888888', pending: '18888888889' };
const SMS_CODE = '482913';
const links = { shown: demoSecret(api, 'key', 'shown'), undone: demoSecret(api, 'key', 'undone') };

/** The address of a file has the day on which it was stored, so this one is older than the demo data. */
const file = {
  key: 'd0000000000000000000000000000009',
  extension: 'txt',
  created_at: Date.UTC(2026, 1, 17),
  bytes: Buffer.from('报销单要有经手人的签名。\n'),
};

export const samples: DemoSamples = {
  credential(person, scheme) {
    if (scheme === 'accessTokenHeader') return demoSecret(api, 'token', person.key);
    return scheme === 'session' ? demoSecret(api, 'session', person.key) : undefined;
  },
  callerOf: ({ security = [] }) =>
    security.some((schemes) => Object.values(schemes).flat().includes('app_admin')) ? 'admin' : undefined,
  client: { clientId: CLIENT_ID },
  fieldsOf: ({ key }) => ({
    client_id: CLIENT_ID,
    client_secret: 'ucenter-demo-secret',
    redirect_uri: authorization.redirect_uri,
    // The token is in the header.
    access_token: undefined,
    csrf_token: demoCsrfToken(api, key),
  }),
  signIn: {
    path: '/api/oauth/accessToken',
    form: passwordGrant,
    token: ['data', 'access_token'],
    scheme: 'accessTokenHeader',
    variables: {
      username: 'demo',
      password: 'demo-password',
      clientId: CLIENT_ID,
      clientSecret: 'ucenter-demo-secret',
    },
  },
  requests: {
    showAuthorization: { parameters: authorization },
    createSession: { body: { username: 'demo', password: 'demo-password' } },
    deleteSession: { as: 'second' },
    showAccountChange: { parameters: { link: links.shown } },
    decideAccountChange: { body: { link: links.undone } },
    createAccessToken: { body: { code: demoSecret(api, 'code', 'second') } },
    revokeToken: { body: { token: demoSecret(api, 'token', 'revocable') } },
    introspectToken: { body: { token: demoSecret(api, 'token', 'user') } },
    createUser: { body: { phone: phones.fresh, code: SMS_CODE } },
    updatePassword: { body: { old_password: 'demo-password' } },
    verifySmsCode: { body: { phone: phones.pending, code: SMS_CODE } },
    downloadFile: { parameters: { date: '20260217', name: `${file.key}.${file.extension}` } },
    sendSmsCode: { body: { phone: '18888888880' } },
  },
};

/** Stores the bytes of the file, before the transaction that refers to them. */
export const storeSampleFile = ({ files }: Pick<Context, 'files'>): Promise<void> =>
  files.restore(file.key, contentOf(file.bytes));

/**
 * Adds everything that the samples use.
 *
 * @param fileOwner the application that the file belongs to
 * @param people the demo people with their users
 */
export async function insertSamples(
  trx: Transaction,
  fileOwner: string,
  people: readonly { key: string; userId: string }[],
  now: number,
): Promise<void> {
  const [first, second = first] = people;
  if (first === undefined || second === undefined) return;
  const scope = Object.keys(profile.scopes).join(' ');
  const grants = [...people, { key: 'revocable', userId: second.userId }];
  await insertDemoTokens(
    trx,
    profile,
    grants.map((grant) => ({ ...grant, clientId: CLIENT_ID, scope })),
    now,
  );
  await insertDemoSessions(trx, profile, people, now);
  const code = { key: 'second', userId: second.userId, clientId: CLIENT_ID, redirectUri: authorization.redirect_uri };
  await insertDemoCode(trx, profile, { ...code, scope: defaultScopes.join(' ') }, now);
  const expires_at = now + DEMO_LIFETIME_MS;
  await trx
    .insertInto('ucenter_sms_codes')
    .values(
      Object.values(phones).map((phone) => ({
        phone,
        code_hash: sha256(`${phone}:${SMS_CODE}`),
        expires_at,
        sent_by: null,
        verified_by: null,
      })),
    )
    .execute();
  await insertLinks(trx, Number(second.userId), now);
  await insertFile(trx, fileOwner, Number(second.userId));
}

async function insertFile(trx: Transaction, client_id: string, user_id: number): Promise<void> {
  const { bytes, ...row } = file;
  const described = { file_name: '报销须知.txt', mime_type: 'text/plain', size: bytes.length };
  await trx
    .insertInto('ucenter_files')
    .values({ ...row, ...described, client_id, user_id })
    .execute();
  await trx.insertInto('ucenter_storage').values({ client_id, bytes: bytes.length }).execute();
}

/** Two links of notices, one to look at and one to use. They undo a change of the user name that left it as it was. */
async function insertLinks(trx: Transaction, user_id: number, now: number): Promise<void> {
  const user = await trx.selectFrom('ucenter_users').selectAll().where('id', '=', user_id).executeTakeFirstOrThrow();
  const rows = Object.values(links).map((link) => ({
    link_hash: sha256(link),
    user_id,
    may_confirm: 0,
    old_username: user.username,
    old_email: user.email,
    old_email_key: user.email_key,
    old_email_trusted_at: user.email_trusted_at,
    old_phone: user.phone,
    old_phone_trusted_at: user.phone_trusted_at,
    new_username: user.username,
    new_email: null,
    new_phone: null,
    created_at: now,
    expires_at: now + DEMO_LIFETIME_MS,
  }));
  await trx.insertInto('ucenter_account_links').values(rows).execute();
}
