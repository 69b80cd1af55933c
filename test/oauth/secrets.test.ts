import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Database } from '../../src/database/open.ts';
import { addMember } from '../../src/tower/model/members.ts';
import { createTeam } from '../../src/tower/model/teams.ts';
import { createUser } from '../../src/tower/model/users.ts';
import { Browser } from '../support/browser.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer } from '../support/server.ts';
import { basic, bearer, expectError, expectToken, type Person, pkce, Tower } from './flow.ts';

// The database has SHA-256 of tokens and codes and argon2id of passwords and client secrets; the log has none of them.
describeEachDatabase('secrets', (databases) => {
  let tower: Tower;
  let logged: Server;
  let provider: Server;
  const lines: string[] = [];
  const sent: string[] = [];
  const secrets = new Map<string, string>();
  const teamId = 'a'.repeat(32);

  /** Like production: no sandbox, a WeChat provider, and a log that keeps every line. */
  beforeAll(async () => {
    provider = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      request.on('end', () => {
        sent.push(body);
        response.end('{}');
      });
    });
    await listen(provider);
    const server = await startServer({
      DATABASE_URL: await databases.createUrl(),
      QIYUE_SANDBOX: '0',
      WECHAT_URL: `http://:webhook-secret@127.0.0.1:${portOf(provider)}/wechat`,
    });
    const log = pino(
      { level: 'trace' },
      new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk));
          done();
        },
      }),
    );
    logged = createServer(createApp({ ...server.context, log }));
    await listen(logged);
    const url = `http://127.0.0.1:${portOf(logged)}`;
    const noPerson: Person = { username: '', password: '' };
    tower = new Tower(
      { ...server, url },
      {
        base_url: url,
        client_id: '',
        client_secret: '',
        redirect_uri: '',
        team_id: teamId,
        empty_team_id: '',
        user: noPerson,
        colleague: noPerson,
        otp_user: noPerson,
        outsider: noPerson,
      },
    );
    await createTeam(tower.database, { id: teamId, name: 'Team' }, Date.now());
    await runThroughEverything();
  });
  afterAll(async () => {
    logged?.closeAllConnections();
    logged?.close();
    await tower?.server.close();
    provider?.closeAllConnections();
    provider?.close();
  });

  async function addOwner(): Promise<Person> {
    const person = { username: 'owner@tower.example', password: 'kept-nowhere-password' };
    const user = await createUser(tower.server.context, { ...person, nickname: 'Owner' });
    await addMember(tower.database, { teamId, user, role: 'owner' }, Date.now());
    return person;
  }

  async function runThroughEverything() {
    const owner = await addOwner();
    const app = await tower.addApp({ secret: 'kept-nowhere-secret' });
    secrets.set('password', owner.password);
    secrets.set('wrong password', 'kept-nowhere-wrong');
    secrets.set('client secret', 'kept-nowhere-secret');
    secrets.set('webhook secret', 'webhook-secret');
    expectError(
      await tower.token({ ...tower.passwordFields(owner, app), password: 'kept-nowhere-wrong' }),
      400,
      'invalid_grant',
    );
    expectError(
      await tower.token({ ...tower.passwordFields(owner, app), client_secret: 'kept-nowhere-wrong' }),
      401,
      'invalid_client',
    );

    const remember = (
      name: string,
      { access_token, refresh_token }: { access_token: string; refresh_token: string },
    ) => {
      secrets.set(`access token by ${name}`, access_token);
      secrets.set(`refresh token by ${name}`, refresh_token);
    };
    const byPassword = expectToken(await tower.token(tower.passwordFields(owner, app)));
    remember('password', byPassword);
    expect(await tower.memberStatus(byPassword)).toBe(200);
    const fields = { grant_type: 'refresh_token', refresh_token: byPassword.refresh_token };
    const refreshed = expectToken(await tower.token(fields, bearer(byPassword)));
    remember('refresh', refreshed);
    expectToken(await tower.token(fields, basic(app)));

    const browser = await tower.signedIn(owner);
    secrets.set('session', browser.cookie('qiyue_session') as string);
    const { verifier, challenge } = pkce();
    secrets.set('verifier', verifier);
    const parameters = { code_challenge: challenge, code_challenge_method: 'S256' };
    const unused = await tower.code(parameters, app, browser);
    secrets.set('unused code', unused);
    const code = await tower.code(parameters, app, browser);
    secrets.set('code', code);
    const byCode = expectToken(await tower.token({ ...tower.codeFields(code, app), code_verifier: verifier }));
    remember('code', byCode);
    await tower.post('/oauth/introspect', { token: byCode.refresh_token }, basic(app));
    await tower.post('/oauth/revoke', { token: byCode.refresh_token }, basic(app));
    await tower.token({ ...tower.codeFields(code, app), code_verifier: verifier });
    await fetch(`${tower.url}/oauth/token?access_token=${byCode.access_token}`, { method: 'POST' });
    await fetch(`${tower.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"password": "kept-nowhere-password", broken`,
    });

    const member = await tower.addMember({ secondStep: true });
    secrets.set("member's password", member.password);
    expectError(await tower.token(tower.passwordFields(member, app)), 401, 'otp_required');
    await vi.waitFor(() => expect(sent).toHaveLength(1), 10_000);
    const { code: captcha } = JSON.parse(sent[0] as string) as { code: string };
    expect(captcha).toMatch(/^\d{6}$/);
    secrets.set('second step', captcha);
    const second = new Browser(tower.server.url);
    const page = await second.visit(`${tower.url}/oauth/sign_in`);
    const step = await second.submit(page.forms[0], { username: member.username, password: member.password });
    secrets.set('challenge', step.forms[0]?.fields.challenge as string);
    await vi.waitFor(async () => {
      const messages = await tower.database.selectFrom('messages_outbox').select('status').execute();
      expect(messages).toEqual([{ status: 'sent' }, { status: 'sent' }]);
    }, 10_000);
    remember('second step', expectToken(await tower.token({ ...tower.passwordFields(member, app), captcha })));

    const centre = await browser.visit(`${tower.url}/app_center/teams/${teamId}/applications`);
    const form = centre.forms.find(({ names }) => names.includes('name') || names.includes('redirect_uris'));
    const made = await browser.post(form as never, {
      ...form?.fields,
      name: 'Made',
      redirect_uris: 'https://made.example/',
    });
    const secret = /id="client_secret"[^>]*>([^<]+)</.exec(made.html)?.[1];
    secrets.set('secret of the app centre', secret as string);
  }

  /** A secret in clear, in Base64, in hex and percent-encoded. */
  const shapes = (secret: string) => [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
  ];

  it('are not in the database', async () => {
    expect(secrets.size).toBeGreaterThan(15);
    const dump = await dumpTables(tower.database);
    for (const table of [
      'oauth_clients',
      'oauth_codes',
      'oauth_tokens',
      'oauth_sessions',
      'oauth_second_steps',
      'messages_outbox',
      'tower_users',
    ]) {
      expect(dump.get(table), table).toMatch(/\{.+\}/);
    }
    for (const [name, secret] of secrets) {
      expect(secret, name).toMatch(/\S{6,}/);
      for (const [table, rows] of dump) {
        for (const shape of shapes(secret)) expect(rows.includes(shape), `${name} in ${table}`).toBe(false);
      }
    }
  });

  it('are stored as argon2id when users or developers chose them', async () => {
    const users = await tower.database.selectFrom('tower_users').select('password_hash').execute();
    const clients = await tower.database.selectFrom('oauth_clients').select('secret_hash').execute();
    for (const { password_hash } of users) expect(password_hash).toMatch(/^\$argon2id\$/);
    for (const { secret_hash } of clients) expect(secret_hash).toMatch(/^\$argon2id\$/);
  });

  it('are not in the log', () => {
    const log = lines.join('');
    expect(lines.length).toBeGreaterThan(20);
    expect(log).toContain('/tower/oauth/token');
    for (const [name, secret] of secrets) {
      for (const shape of shapes(secret))
        expect(log.includes(shape), `${name}: ${lines.find((line) => line.includes(shape))}`).toBe(false);
    }
  });

  it('cannot be replaced by their hashes', async () => {
    const { access_hash, refresh_hash } = await tower.database
      .selectFrom('oauth_tokens')
      .select(['access_hash', 'refresh_hash'])
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow();
    expect((await tower.member(access_hash)).status).toBe(401);
    const app = await tower.addApp({ secret: 'another-secret' });
    expectError(
      await tower.token(tower.refreshFields({ refresh_token: refresh_hash } as never, app)),
      400,
      'invalid_grant',
    );
  });
});

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** Every row of every table as text. */
async function dumpTables(database: Database): Promise<Map<string, string>> {
  const tables = await database.introspection.getTables();
  const dump = new Map<string, string>();
  for (const { name } of tables) {
    const rows = await database
      .selectFrom(name as never)
      .selectAll()
      .execute();
    dump.set(name, JSON.stringify(rows));
  }
  return dump;
}
