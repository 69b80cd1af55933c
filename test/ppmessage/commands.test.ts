import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CommandRow } from '../../src/commands.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { type Key, read, useDesk } from './desk.ts';

// Operators can move apps, keys and users of the original server to this one.
describeEachDatabase('ppmessage: commands', (databases) => {
  const desk = useDesk(databases);

  async function run<Row = CommandRow>(kind: string, action: string, options: Record<string, unknown>): Promise<Row> {
    const command = ppmessage.commands?.[kind]?.[action];
    if (command === undefined) throw new Error(`There is no command ${kind} ${action}`);
    return (await command.run(options, desk.server.context)) as Row;
  }
  const uri = () => ({ 'redirect-uri': [desk.credentials.redirect_uri] });
  const newPerson = () => ({ email: `${randomUUID()}@desk.example`, password: 'a password' });
  const createApp = (options: Record<string, unknown>) =>
    run<Record<string, string> & Key>('app', 'create', { name: '旧应用', ...newPerson(), ...uri(), ...options });
  const createKey = (options: Record<string, unknown>) =>
    run<Key>('key', 'create', { app: desk.app_uuid, level: ['THIRD_PARTY_CONSOLE'], ...uri(), ...options });
  const createUser = (options: Record<string, unknown>) =>
    run<{ user_uuid: string }>('user', 'create', { app: desk.app_uuid, ...newPerson(), ...options });

  it('creates an app with its old app_uuid and key', async () => {
    const [appUuid, owner] = [`old-${randomUUID()}`, newPerson()];
    const key = { api_key: randomUUID(), api_secret: 'Old+secret/with%41=signs&more' };
    const options = { 'app-uuid': appUuid, 'api-key': key.api_key, 'api-secret': key.api_secret };
    const app = await createApp({ ...owner, ...options });
    expect(app).toMatchObject({ app_uuid: appUuid, ...key, kefu_api_key: expect.stringMatching(/^[0-9a-f]{32}$/) });

    const person = { user_uuid: app.user_uuid ?? '', user_email: owner.email, user_password: owner.password };
    const seat = await desk.seat(person, key);
    expect(seat.app_uuid).toBe(appUuid);
    expect(await seat.ok('PP_GET_APP_INFO', {})).toMatchObject({ uuid: appUuid, app_key: key.api_key });

    await expect(createApp(options)).rejects.toThrow(`There is an app ${appUuid} already`);
    const another = { ...options, 'app-uuid': randomUUID() };
    await expect(createApp(another)).rejects.toThrow(`There is a key ${key.api_key} already`);
    const apps = (await run<{ app_uuid: string }[]>('app', 'list', {})).map(({ app_uuid }) => app_uuid);
    expect(apps.filter((uuid) => uuid === appUuid)).toHaveLength(1);
    expect(apps).not.toContain(another['app-uuid']);
  });

  it('creates a key with its old api_key and api_secret', async () => {
    const given = { api_key: `old-${randomUUID()}`, api_secret: 'old-secret' };
    const key = await createKey({ 'api-key': given.api_key, 'api-secret': given.api_secret });
    expect(key).toMatchObject({ ...given, levels: ['THIRD_PARTY_CONSOLE'] });
    await (await desk.seat(desk.owner, given)).ok('PP_GET_APP_INFO', {});
    await expect(createKey({ 'api-key': given.api_key })).rejects.toThrow(`There is a key ${given.api_key} already`);
    const made = await createKey({ 'api-secret': given.api_secret });
    expect(made).toMatchObject({ api_key: expect.stringMatching(/^[0-9a-f]{32}$/), api_secret: given.api_secret });
  });

  it('creates a user with the old user_uuid', async () => {
    const [uuid, person] = [`old-${randomUUID()}`, newPerson()];
    expect(await createUser({ 'user-uuid': uuid, ...person })).toMatchObject({ user_uuid: uuid });
    const who = { user_uuid: uuid, user_email: person.email, user_password: person.password };
    expect((await desk.seat(who, desk.keys.kefu)).user_uuid).toBe(uuid);
    const { list } = await desk.console.ok('PP_GET_APP_SERVICE_USER_LIST', {});
    expect(list.map((user) => user.uuid)).toContain(uuid);
    await expect(createUser({ 'user-uuid': uuid })).rejects.toThrow(`There is a user ${uuid} already`);
    const again = createUser({ 'user-uuid': randomUUID(), ...person });
    await expect(again).rejects.toThrow(`There is a user ${person.email} already`);
  });

  it('keeps the shipped key of an own program and the SHA-1 that the original has stored', async () => {
    const key = { 'api-key': `${randomUUID()}==`, 'api-secret': `${randomUUID()}==` };
    const { api_key } = await createKey({ level: ['PPKEFU'], 'redirect-uri': [], ...key });
    const user_password = createHash('sha1').update('their password').digest('hex');
    const person = { ...newPerson(), password: user_password };
    const { user_uuid } = await createUser(person);
    const form = { grant_type: 'password', client_id: api_key, user_email: person.email, user_password };
    const { body } = await desk.postForm('/ppauth/token', form).then(read);
    expect(body).toMatchObject({ error_code: 0, user_uuid });
  });

  it('needs a callback address for the key of a third party', async () => {
    await expect(createKey({ 'redirect-uri': [] })).rejects.toThrow('--redirect-uri is required');
  });

  describe('rejects values that the contract does not allow:', () => {
    const long = 'x'.repeat(65);
    for (const [what, value] of Object.entries({ blank: 'a b', control: 'a\u0000', 'not ASCII': '编号', long })) {
      it(what, async () => {
        await expect(createApp({ 'app-uuid': value })).rejects.toThrow('--app-uuid must be at most 64');
        await expect(createApp({ 'api-key': value })).rejects.toThrow('--api-key must be at most 64');
        await expect(createApp({ 'api-secret': value + long })).rejects.toThrow('--api-secret must be at most 128');
        await expect(createKey({ 'api-key': value })).rejects.toThrow('--api-key must be at most 64');
        await expect(createKey({ 'api-secret': value + long })).rejects.toThrow('--api-secret must be at most 128');
        await expect(createUser({ 'user-uuid': value })).rejects.toThrow('--user-uuid must be at most 64');
      });
    }
  });
});
