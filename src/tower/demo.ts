import { lockInTransaction, transact } from '../database/transact.ts';
import type { Demo } from '../http/api.ts';
import { OUT_OF_BAND, prepareClient } from '../oauth/clients.ts';
import { addMember, createTeam, prepareUser } from './model/users.ts';
import { profile } from './profile.ts';

// Known to everybody, and made only in a sandbox.
const client = { id: 'tower-demo-client', secret: 'tower-demo-secret', redirectUri: 'http://127.0.0.1:8080/callback' };
/** Where the quick start of seed 001 ends. */
const POSTMAN = 'https://www.getpostman.com/oauth2/callback';
const teamId = 'd0000000000000000000000000000001';
const people = {
  user: {
    id: 'd0000000000000000000000000000011',
    username: 'demo@tower.example',
    password: 'demo-password',
    nickname: '演示用户',
  },
  otp_user: {
    id: 'd0000000000000000000000000000012',
    username: 'otp@tower.example',
    password: 'otp-password',
    nickname: '两步验证用户',
  },
  outsider: {
    id: 'd0000000000000000000000000000013',
    username: 'outsider@tower.example',
    password: 'outsider-password',
    nickname: '团队外用户',
  },
} as const;

/** A team with its owner, a member with two-step verification, somebody outside of it, and an application. */
export const demo: Demo = {
  async create({ clock, database }) {
    const anybody = await database.selectFrom('tower_users').select('id').limit(1).executeTakeFirst();
    if (anybody !== undefined) return;
    const [user, otpUser, outsider, application] = await Promise.all([
      prepareUser(people.user),
      prepareUser({ ...people.otp_user, secondStep: true }),
      prepareUser(people.outsider),
      prepareClient(
        profile,
        {
          ...client,
          name: '演示应用',
          ownerId: teamId,
          redirectUris: [client.redirectUri, POSTMAN, OUT_OF_BAND],
        },
        clock.now(),
      ),
    ]);
    await transact(database, async (trx) => {
      await lockInTransaction(trx, 'demo:tower');
      if ((await trx.selectFrom('tower_users').select('id').limit(1).executeTakeFirst()) !== undefined) return;
      await trx.insertInto('tower_users').values([user, otpUser, outsider]).execute();
      await createTeam(trx, { id: teamId, name: '演示团队' });
      await addMember(trx, { id: 'd0000000000000000000000000000021', teamId, user, role: 'owner' });
      await addMember(trx, { id: 'd0000000000000000000000000000022', teamId, user: otpUser, role: 'member' });
      await trx.insertInto('oauth_clients').values(application.row).execute();
    });
  },

  credentials: (baseUrl) => ({
    base_url: baseUrl,
    client_id: client.id,
    client_secret: client.secret,
    redirect_uri: client.redirectUri,
    team_id: teamId,
    ...Object.fromEntries(
      Object.entries(people).map(([name, { username, password }]) => [name, { username, password }]),
    ),
  }),

  tryIt: (baseUrl) => `curl -s ${baseUrl}/oauth/token \\
  -d grant_type=password -d client_id=${client.id} -d client_secret=${client.secret} \\
  -d username=${people.user.username} -d password=${people.user.password}`,
};
