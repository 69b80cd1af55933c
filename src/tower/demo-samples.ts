import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { keepFile } from '../files/files.ts';
import { contentOf } from '../files/store.ts';
import { type DemoSamples, passwordGrant } from '../http/demo-samples.ts';
import { OUT_OF_BAND } from '../oauth/clients/redirect-uris.ts';
import type { OauthClientsTable } from '../oauth/database/tables.ts';
import {
  DEMO_LIFETIME_MS,
  demoCsrfToken,
  demoSecret,
  insertDemoCode,
  insertDemoSessions,
  insertDemoTokens,
} from '../oauth/demo-credentials.ts';
import { hmacSha256, md5 } from '../secrets.ts';
import { demoId, demoMemberId } from './demo-plan.ts';
import { profile } from './profile.ts';

/** What the samples of the documentation use: fixed tokens, sessions, a code, a form for a file and a file. */

const { api } = profile;

/** An application of its own for the tokens: a sign-in revokes those of the same person and application. */
const DOCS_CLIENT = 'tower-demo-docs';

const teamId = demoId('00', 1);
/** The file that the form takes, and that waits to be attached. */
const content = Buffer.from('# 会议记录\n');
const form = demoId('91', 1);
const unused = demoId('91', 2);

const policy = Buffer.from('{"expiration":"2099-01-01T00:00:00.000Z","conditions":[]}').toString('base64');
const EXPIRES = '4070908800';
/** The first file of the demo data, whose key is fixed. */
const download = demoId('90', 1);

/** The key of a file's signatures. */
export const demoSigningKey = (attfileId: string): string => demoSecret(api, 'key', attfileId);

const authorization = {
  client_id: 'tower-demo-client',
  redirect_uri: 'http://127.0.0.1:8080/callback',
  response_type: 'code',
  state: 'af0ifjsldkj',
};

export const samples: DemoSamples = {
  credential(person, scheme) {
    if (scheme === 'oauth2') return demoSecret(api, 'token', person.key);
    return scheme === 'session' ? demoSecret(api, 'session', person.key) : undefined;
  },
  client: { clientId: 'tower-demo-client' },
  fieldsOf: ({ key }) => ({
    client_id: 'tower-demo-client',
    client_secret: 'tower-demo-secret',
    redirect_uri: authorization.redirect_uri,
    username: 'demo@tower.example',
    password: 'demo-password',
    attfile_guid: unused,
    csrf_token: demoCsrfToken(api, key),
  }),
  signIn: {
    path: '/oauth/token',
    form: passwordGrant,
    token: ['access_token'],
    scheme: 'oauth2',
    variables: {
      username: 'demo@tower.example',
      password: 'demo-password',
      clientId: 'tower-demo-client',
      clientSecret: 'tower-demo-secret',
    },
  },
  requests: {
    showAuthorization: { parameters: authorization },
    showAuthorizationCode: { parameters: { code: demoSecret(api, 'code', 'page') } },
    createToken: { body: { code: demoSecret(api, 'code', 'member') } },
    revokeToken: { body: { token: demoSecret(api, 'token', 'revocable') } },
    introspectToken: { body: { token: demoSecret(api, 'token', 'application') } },
    deleteSession: { as: 'admin' },
    createStoredFile: {
      body: {
        key: `${teamId}/${form}`,
        policy,
        Signature: hmacSha256(demoSigningKey(form), `form\n${policy}`),
      },
    },
    updateTimeLog: { body: { time_log: { desc: '画草图，改了两稿' } } },
    createTopic: { body: { attfile_guids: [unused] } },
    downloadAttfile: {
      parameters: {
        team_id: teamId,
        attfile_id: download,
        Expires: EXPIRES,
        Signature: hmacSha256(
          demoSigningKey(download),
          `address\n${JSON.stringify([EXPIRES, null, null, null, null])}`,
        ),
      },
    },
  },
};

/** Stores the bytes of the file that waits, before the transaction that refers to them. */
export const storeSampleFile = ({ files }: Pick<Context, 'files'>): Promise<string> =>
  files.put(contentOf(content), { type: 'text/plain' });

/**
 * Adds everything that the samples use.
 *
 * @param application the demo application
 * @param people the demo people with their users
 */
export async function insertSamples(
  trx: Transaction,
  application: OauthClientsTable,
  people: readonly { key: string; userId: string }[],
  fileKey: string,
  now: number,
): Promise<void> {
  const docs = { ...application, id: DOCS_CLIENT, name: '文档的示例', owner_id: null };
  await trx.insertInto('oauth_clients').values(docs).execute();
  const member = people.find(({ key }) => key === 'member') ?? { userId: '' };
  const grants = [
    ...people.map(({ key, userId }) => ({ key, userId, clientId: DOCS_CLIENT })),
    ...['revocable', 'application'].map((key) => ({ key, userId: member.userId, clientId: application.id })),
  ];
  await insertDemoTokens(trx, profile, grants, now);
  await insertDemoSessions(trx, profile, people, now);
  const code = { userId: member.userId, clientId: application.id, redirectUri: authorization.redirect_uri };
  await insertDemoCode(trx, profile, { ...code, key: 'member' }, now);
  const [owner] = people;
  if (owner !== undefined) {
    const shown = { ...code, userId: owner.userId, redirectUri: OUT_OF_BAND, session: owner.key };
    await insertDemoCode(trx, profile, { ...shown, key: 'page' }, now);
  }
  await insertFiles(trx, fileKey, now);
}

async function insertFiles(trx: Transaction, file_id: string, now: number): Promise<void> {
  const common = {
    team_id: teamId,
    creator_id: demoMemberId(0),
    filename: '会议记录.md',
    byte_size: content.length,
    md5: md5(content),
    width: null,
    height: null,
    target_type: null,
    target_id: null,
    created_at: now,
    expires_at: now + DEMO_LIFETIME_MS,
  };
  await keepFile(trx, file_id);
  await trx
    .insertInto('tower_attfiles')
    .values([
      { ...common, id: form, content_type: null, file_id: null, stored_at: null, signing_key: demoSigningKey(form) },
      {
        ...common,
        id: unused,
        content_type: 'text/plain',
        file_id,
        stored_at: now,
        signing_key: demoSigningKey(unused),
      },
    ])
    .execute();
}
