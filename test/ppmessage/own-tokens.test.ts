import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/ppmessage/commands.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Key, read, useDesk } from './desk.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

describeEachDatabase("ppmessage: tokens of the original's own programs (P-56 to P-61)", (databases) => {
  const desk = useDesk(databases);

  /** Sends a form as the programs do: without percent-encoding. */
  const send = async (fields: Record<string, string>) => {
    const body = Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return read(await fetch(`${desk.url}/ppauth/token`, { method: 'POST', body, headers }));
  };

  const byKey = ({ api_key, api_secret }: Key) =>
    send({ client_id: api_key, client_secret: api_secret, grant_type: 'client_credentials' });

  const byPassword = ({ api_key }: Key, user_email: string, user_password: string, more = {}) =>
    send({ client_id: api_key, user_email, user_password, grant_type: 'password', ...more });

  const call = async (name: string, token: unknown, fields: object = {}) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `OAuth ${token}` };
    const response = await fetch(`${desk.url}/api/${name}`, { method: 'POST', headers, body: JSON.stringify(fields) });
    return read(response);
  };

  const agentToken = async (person = desk.agent) =>
    (await byPassword(desk.credentials.keys.ppkefu, person.user_email, sha1(person.user_password))).body.access_token;

  describe('client_credentials', () => {
    it('gives the widget a token of its app without a user', async () => {
      const { status, body } = await byKey(desk.credentials.keys.ppcom);
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          access_token: expect.stringMatching(/^own-[0-9a-f]{64}$/),
          token_type: 'Bearer',
          expires_in: 86400,
          app_uuid: desk.app_uuid,
        },
      });
      const info = await call('PP_GET_APP_INFO', body.access_token, { app_uuid: desk.app_uuid });
      expect(info.body).toMatchObject({ error_code: 0, error_string: 'success', uuid: desk.app_uuid });
    });

    it('is understood with equals signs that are not encoded, and as multipart', async () => {
      const key = { api_key: `${'M'.repeat(54)}==`, api_secret: `${'N'.repeat(54)}==` };
      const create = (await import('../../src/ppmessage/model/keys.ts')).createKey;
      await create(desk.server.context, {
        appUuid: desk.app_uuid,
        appName: 'x',
        levels: ['PPCOM'],
        redirectUris: [],
        apiKey: key.api_key,
        apiSecret: key.api_secret,
      });
      expect((await byKey(key)).status).toBe(200);
      const form = new FormData();
      form.set('client_id', key.api_key);
      form.set('client_secret', key.api_secret);
      form.set('grant_type', 'client_credentials');
      expect((await fetch(`${desk.url}/ppauth/token`, { method: 'POST', body: form })).status).toBe(200);
    });

    it('gives a console the level before its sign-in, which may call nothing of an app', async () => {
      const { status, body } = await byKey(desk.credentials.keys.ppconsole);
      expect(status).toBe(200);
      expect((await call('PP_GET_APP_INFO', body.access_token)).body).toMatchObject({ error_code: 4 });
    });

    it('is refused to keys of agent apps and of third parties, and with a wrong secret', async () => {
      const { keys } = desk.credentials;
      for (const level of ['ppkefu', 'kefu', 'console'] as const)
        expect(await byKey(keys[level])).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
      const wrong = await byKey({ ...keys.ppcom, api_secret: 'wrong' });
      expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    });

    it('can be switched on for a console of a third party, and off for the widget', async () => {
      const key = await desk.newKey(['THIRD_PARTY_CONSOLE']);
      const widget = await desk.newKey(['PPCOM']);
      const update = (id: string, allowed: string) =>
        commands.key?.update?.run({ id, 'direct-grants': allowed }, desk.server.context);
      expect((await byKey(key)).status).toBe(400);
      await update(key.api_key, '1');
      const { body } = await byKey(key);
      expect((await call('PP_GET_APP_INFO', body.access_token, { app_uuid: desk.app_uuid })).body.error_code).toBe('0');
      expect((await call('PP_GET_APP_INFO', body.access_token)).body.error_code).toBe('6');
      await update(widget.api_key, '0');
      expect((await byKey(widget)).status).toBe(400);
      await expect(update('nobody', '1')).rejects.toThrow('There is no key nobody');
    });
  });

  describe('password', () => {
    it('signs an agent in by the SHA-1 of the password or by its text, without a secret', async () => {
      const { user_email, user_password, user_uuid } = desk.agent;
      for (const password of [sha1(user_password), sha1(user_password).toUpperCase(), user_password]) {
        const { status, body } = await byPassword(desk.credentials.keys.ppkefu, user_email, password);
        expect({ status, body }).toEqual({
          status: 200,
          body: {
            error_code: 0,
            access_token: expect.stringMatching(/^own-/),
            token_type: 'Bearer',
            expires_in: 2_592_000,
            user_uuid,
            app_uuid: desk.app_uuid,
          },
        });
      }
    });

    it('answers every refusal with HTTP 200 and the number -1', async () => {
      const { keys } = desk.credentials;
      const { user_email, user_password } = desk.agent;
      const answers = [
        await byPassword(keys.ppkefu, user_email, sha1('wrong')),
        await byPassword(keys.ppkefu, 'nobody@desk.example', sha1(user_password)),
        await byPassword(keys.kefu, user_email, sha1(user_password)),
        await byPassword(keys.ppcom, user_email, sha1(user_password)),
        await byPassword({ api_key: 'nobody', api_secret: '' }, user_email, sha1(user_password)),
        await byPassword(keys.ppkefu, user_email, sha1(user_password), { client_secret: 'wrong' }),
        await byPassword(keys.ppkefu, desk.credentials.customer.user_email, sha1('')),
        await send({ grant_type: 'password', client_id: keys.ppkefu.api_key }),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(200);
        expect(body).toEqual({ error_code: -1, error_string: expect.stringMatching(/\S/) });
      }
    });

    it('accepts the right secret', async () => {
      const { ppkefu } = desk.credentials.keys;
      const secret = { client_secret: ppkefu.api_secret };
      const { user_email, user_password } = desk.agent;
      expect((await byPassword(ppkefu, user_email, sha1(user_password), secret)).body.error_code).toBe(0);
    });

    it('finds an address with a plus sign, which a form turns into a blank', async () => {
      const user_email = `plus+${randomUUID().slice(0, 8)}@desk.example`;
      const fields = { user_email, user_password: 'secret', user_fullname: '客服', is_service_user: true };
      await desk.console.ok('PP_CREATE_USER', fields);
      expect((await byPassword(desk.credentials.keys.ppkefu, user_email, sha1('secret'))).body.error_code).toBe(0);
    });

    it('gives the token of a person in another app than that of the key (P-59)', async () => {
      const other = await desk.otherApp();
      const { body } = await byPassword(
        desk.credentials.keys.ppkefu,
        other.agent.user_email,
        sha1(other.agent.user_password),
      );
      expect(body).toMatchObject({ user_uuid: other.agent.user_uuid, app_uuid: other.app_uuid });
      const info = await call('PP_GET_APP_INFO', body.access_token);
      expect(info.body).toMatchObject({ error_code: 0, uuid: other.app_uuid });
      const foreign = await call('PP_GET_APP_INFO', body.access_token, { app_uuid: desk.app_uuid });
      expect(foreign.body.error_code).toBe(20);
      // The sign-in ends with the agent's password in that app.
      await other.console.ok('PP_REMOVE_USER', { ...pick(other.agent) });
      expect((await call('PP_GET_APP_INFO', body.access_token)).body.error_code).toBe(4);
    });

    it('ends the token when the app of the key is removed (P-86)', async () => {
      const { console } = await desk.newApp();
      const { ppkefu } = await console.ok('PP_GET_API_INFO', { user_uuid: console.user_uuid });
      const { user_email, user_password } = desk.agent;
      const { body } = await byPassword(ppkefu, user_email, sha1(user_password));
      expect(body).toMatchObject({ error_code: 0, app_uuid: desk.app_uuid });
      await console.ok('PP_REMOVE_APP', { user_uuid: console.user_uuid });
      expect((await call('PP_GET_APP_INFO', body.access_token)).body.error_code).toBe(4);
    });

    it('prefers the app of the key, for an owner of several', async () => {
      const { uuid } = await desk.console.ok('PP_CREATE_APP', {
        user_uuid: desk.owner.user_uuid,
        app_name: '第三个团队',
      });
      const { owner } = desk;
      const first = await byPassword(desk.credentials.keys.ppconsole, owner.user_email, sha1(owner.user_password));
      expect(first.body.app_uuid).toBe(desk.app_uuid);
      const key = await commandKeys(uuid);
      const second = await byPassword(key, owner.user_email, sha1(owner.user_password));
      expect(second.body.app_uuid).toBe(uuid);
    });

    it('ends a token with a new password, and the next sign-in needs it', async () => {
      const { person } = await desk.newAgent();
      const token = await agentToken(person);
      const changes = { user_uuid: person.user_uuid, old_password: person.user_password, user_password: 'another' };
      await desk.console.ok('PP_UPDATE_USER', changes);
      expect((await call('PP_GET_APP_INFO', token)).body.error_code).toBe(4);
      const { ppkefu } = desk.credentials.keys;
      expect((await byPassword(ppkefu, person.user_email, sha1(person.user_password))).body.error_code).toBe(-1);
      expect((await byPassword(ppkefu, person.user_email, sha1('another'))).body.error_code).toBe(0);
    });
  });

  describe('a token', () => {
    it('of a person lives for 30 days after its last use, that of the widget one day', async () => {
      const row = async (token: unknown) =>
        desk.database
          .selectFrom('oauth_tokens')
          .selectAll()
          .where('access_hash', '=', createHash('sha256').update(String(token)).digest('hex'))
          .executeTakeFirstOrThrow();
      const widget = await row((await byKey(desk.credentials.keys.ppcom)).body.access_token);
      expect(widget.access_expires_at - widget.created_at).toBe(86_400_000);
      const token = await agentToken();
      const before = await row(token);
      expect(before.access_expires_at - before.created_at).toBe(2_592_000_000);
      const soon = before.access_expires_at - 2_500_000_000;
      await desk.database
        .updateTable('oauth_tokens')
        .set({ access_expires_at: soon })
        .where('id', '=', before.id)
        .execute();
      expect((await call('PP_GET_APP_INFO', token)).body.error_code).toBe(0);
      expect((await row(token)).access_expires_at).toBeGreaterThanOrEqual(before.access_expires_at);
    });

    it('that has ended still gets the number 4, also when nothing of it is left', async () => {
      const token = await agentToken();
      await desk.database.deleteFrom('oauth_tokens').where('scope', '=', 'PPKEFU').execute();
      expect(await call('PP_GET_APP_INFO', token)).toMatchObject({ status: 200, body: { error_code: 4 } });
      expect(await call('PP_GET_APP_INFO', 'unknown')).toMatchObject({ status: 200, body: { error_code: '4' } });
    });
  });

  const pick = ({ user_uuid, user_password }: { user_uuid: string; user_password: string }) => ({
    user_uuid,
    user_password,
  });

  /** The console key of an app, as the command line shows it. */
  const commandKeys = async (app: string): Promise<Key> => {
    const rows = (await commands.key?.own?.run({ app }, desk.server.context)) as unknown as ({
      level: string;
    } & Key)[];
    return rows.find(({ level }) => level === 'PPCONSOLE') as Key;
  };

  it('shows the keys of all levels, and makes those that an older app lacks (P-58)', async () => {
    const { keys } = desk.credentials;
    const info = await desk.console.ok('PP_GET_API_INFO', { user_uuid: desk.owner.user_uuid });
    for (const [name, level, key] of [
      ['ppcom', 'PPCOM', keys.ppcom],
      ['ppkefu', 'PPKEFU', keys.ppkefu],
      ['ppconsole', 'PPCONSOLE', keys.ppconsole],
    ] as const)
      expect(info[name]).toMatchObject({ api_level: level, ...key });
    const other = await desk.otherApp();
    await desk.database.deleteFrom('ppmessage_keys').where('app_uuid', '=', other.app_uuid).execute();
    await desk.database.deleteFrom('oauth_clients').where('owner_id', '=', other.app_uuid).execute();
    const made = await Promise.all([commandKeys(other.app_uuid), commandKeys(other.app_uuid)]);
    expect(made[0]).toEqual(made[1]);
    expect((await byKey(made[0] as Key)).status).toBe(200);
  });

  it('lists the demo agents for the programs', () => {
    const { agents } = desk.credentials;
    expect(agents).toContainEqual({
      user_uuid: desk.agent.user_uuid,
      email: desk.agent.user_email,
      password: desk.agent.user_password,
    });
  });
});
