import type { Database, Transaction } from '../database/open.ts';
import { lockInTransaction, transact } from '../database/transact.ts';
import { demoTime } from '../demo-time.ts';
import type { Demo, DemoName, DemoPerson } from '../http/api.ts';
import { demoPeople } from '../http/demo-names.ts';
import { prepareClient } from '../oauth/clients/clients.ts';
import { demoApp } from '../oauth/clients/demo-app.ts';
import { LOCAL_REDIRECT_URIS, OUT_OF_BAND } from '../oauth/clients/redirect-uris.ts';
import { demoSecret } from '../oauth/demo-credentials.ts';
import { type DemoMember, people } from './demo-content.ts';
import { storeDemoFiles } from './demo-files.ts';
import { demoId, demoMemberId } from './demo-plan.ts';
import { insertSamples, samples, storeSampleFile } from './demo-samples.ts';
import { fillDemoTeam } from './demo-team.ts';
import { insertDemoWebhook } from './demo-webhook.ts';
import { addMember } from './model/members.ts';
import { createTeam } from './model/teams.ts';
import { pictureOf, prepareUser, type User } from './model/users.ts';
import { profile } from './profile.ts';

// These credentials are public. Only a sandbox has them.
const client = { id: 'tower-demo-client', secret: 'tower-demo-secret', redirectUri: 'http://127.0.0.1:8080/callback' };
/** The callback address that Tower's quick start registers for Postman (T-5). */
const POSTMAN = 'https://www.getpostman.com/oauth2/callback';
const teamId = 'd0000000000000000000000000000001';
const emptyTeamId = 'd0000000000000000000000000000002';
const clubId = 'd0000000000000000000000000000003';
const users = {
  user: {
    id: 'd0000000000000000000000000000011',
    username: 'demo@tower.example',
    password: 'demo-password',
    nickname: '何晴',
  },
  otp_user: {
    id: 'd0000000000000000000000000000012',
    username: 'otp@tower.example',
    password: 'otp-password',
    nickname: '许航',
  },
  outsider: {
    id: 'd0000000000000000000000000000013',
    username: 'outsider@tower.example',
    password: 'outsider-password',
    nickname: '方圆',
  },
} as const;

/** A plain member of the team. All members but the first two have this password. */
const colleague = { username: 'chen@tower.example', password: 'colleague-password' };

/**
 * A team of eight with three weeks of work, an empty team of the demo user, a club in which that user is a plain member,
 * a user without a team, and an application.
 */
export const demo: Demo = {
  async create(context) {
    const { clock, database } = context;
    if (await hasUsers(database)) return;
    const now = clock.now();
    const start = demoTime(now, -20, 0);
    const atStart = { ...context, clock: { now: () => start } };
    const [user, otpUser, outsider, template, files, sampleFile, application] = await Promise.all([
      prepareUser(users.user, atStart),
      prepareUser({ ...users.otp_user, secondStep: true }, atStart),
      prepareUser(users.outsider, atStart),
      prepareUser({ ...colleague, nickname: '' }, atStart),
      storeDemoFiles(context),
      storeSampleFile(context),
      prepareClient(atStart, profile, {
        ...client,
        name: '演示应用',
        ownerId: teamId,
        redirectUris: [client.redirectUri, ...LOCAL_REDIRECT_URIS, POSTMAN, OUT_OF_BAND],
      }),
    ]);
    const members = people.map((person, place) => [user, otpUser][place] ?? toColleague(template, person, place));
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:tower');
      if (await hasUsers(trx)) return;
      await trx
        .insertInto('tower_users')
        .values([...members, outsider])
        .execute();
      await createTeam(trx, { id: teamId, name: '演示团队' }, start);
      for (const [place, member] of members.entries())
        await addMember(
          trx,
          { id: demoMemberId(place), teamId, user: member, role: people[place]?.role ?? 'member' },
          start,
        );
      await fillDemoTeam(trx, teamId, files, now);
      await createTeam(trx, { id: emptyTeamId, name: '空团队' }, demoTime(now, -7, 0));
      await addMember(trx, { id: demoId('00', 41), teamId: emptyTeamId, user, role: 'owner' }, demoTime(now, -7, 0));
      await createTeam(trx, { id: clubId, name: '读书会' }, demoTime(now, -5, 0));
      const host = members[2] as User;
      await addMember(trx, { id: demoId('00', 42), teamId: clubId, user: host, role: 'owner' }, demoTime(now, -5, 0));
      await addMember(trx, { id: demoId('00', 43), teamId: clubId, user, role: 'member' }, demoTime(now, -4, 0));
      await trx.insertInto('oauth_clients').values(application.row).execute();
      await insertDemoWebhook(trx, context, { clientId: client.id, teamId, now });
      const signedIn = demo.people.flatMap(({ key, username }) =>
        [...members, outsider].filter((row) => row.username === username).map(({ id: userId }) => ({ key, userId })),
      );
      await insertSamples(trx, application.row, signedIn, sampleFile, now);
    });
  },

  async names(database) {
    const usernames = demo.people.map(({ username }) => String(username));
    const users = await database
      .selectFrom('tower_users')
      .select(['id', 'username'])
      .where('username', 'in', usernames)
      .execute();
    const ids = new Map(users.map(({ id, username }) => [username, id]));
    const team = await database.selectFrom('tower_teams').select('id').where('id', '=', teamId).executeTakeFirst();
    return new Map<string, DemoName>([
      ...demoPeople(demo.people, ({ username }) => ids.get(String(username))),
      ...(team ? [['demo_team', { kind: 'teams', id: team.id }] as const] : []),
      ...(await demoApp(database, 'tower', client.id)),
    ]);
  },

  credentials: (baseUrl) => ({
    base_url: baseUrl,
    client_id: client.id,
    client_secret: client.secret,
    redirect_uri: client.redirectUri,
    team_id: teamId,
    empty_team_id: emptyTeamId,
    colleague,
    ...Object.fromEntries(
      Object.entries(users).map(([name, { username, password }]) => [name, { username, password }]),
    ),
  }),

  people: [
    toPerson('owner', users.user),
    toColleaguePerson('admin', 2),
    toColleaguePerson('member', 3),
    { ...toPerson('two_step', users.otp_user), state: 'two_step' },
    { ...toColleaguePerson('removed', 8), state: 'removed' },
    { ...toPerson('outsider', users.outsider), state: 'empty' },
  ],

  samples,

  tryIt: (baseUrl) => `curl -s ${baseUrl}/oauth/token \\
  -d grant_type=password -d client_id=${client.id} -d client_secret=${client.secret} \\
  -d username=${users.user.username} -d password=${users.user.password}`,

  stream: {
    path: `/api/v1/teams/${teamId}/stream`,
    authorization: `Bearer ${demoSecret(profile.api, 'token', 'owner')}`,
    send: (baseUrl) => `curl -s ${baseUrl}/api/v1/teams/${teamId}/projects \\
  -H 'Authorization: Bearer ${demoSecret(profile.api, 'token', 'admin')}' -H 'Content-Type: application/json' \\
  -d '{"project":{"name":"官网改版"}}'`,
  },
};

function toPerson(
  key: string,
  { nickname, username, password }: { nickname: string; username: string; password: string },
): DemoPerson {
  return { key, name: nickname, username, password };
}

function toColleaguePerson(key: string, place: number): DemoPerson {
  return toPerson(key, { ...(people[place] as DemoMember), password: colleague.password });
}

/** The user of another member. The template has the hash of their password: one hash is enough for public ones. */
function toColleague(template: User, { username, nickname }: DemoMember, place: number): User {
  const id = demoId('00', 12 + place);
  return { ...template, id, username, email: username, nickname, gavatar: pictureOf(id) };
}

const hasUsers = async (database: Database | Transaction): Promise<boolean> =>
  (await database.selectFrom('tower_users').select('id').limit(1).executeTakeFirst()) !== undefined;
