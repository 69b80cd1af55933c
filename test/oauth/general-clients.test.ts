import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clients, servers } from '../../src/docs/clients.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { ClientProofs } from '../support/evidence.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { flows, type OAuthServer, readServers } from './general-clients.ts';
import { openIdFlows } from './openid-clients.ts';

// The page /docs/clients/ shows this table.
describeEachDatabase('general OAuth clients', (databases) => {
  let server: TestServer;
  let oauthServers: Record<keyof typeof servers, OAuthServer>;
  const proofs = new ClientProofs();

  beforeAll(async () => {
    server = await startServer({ DATABASE_URL: await databases.createUrl() });
    oauthServers = await readServers(server.url);
  });
  afterAll(() => server?.close());

  const modes = clients.flatMap((client) =>
    client.credentials.flatMap((credentials) =>
      [true, false].flatMap((pkce) =>
        (Object.keys(servers) as (keyof typeof servers)[]).map((api) => ({ ...client, credentials, pkce, api })),
      ),
    ),
  );

  it.each(modes)(
    '$name at $api, secret in $credentials, PKCE $pkce',
    async ({ name, version, credentials, pkce, revokes, api }) => {
      const at = oauthServers[api];
      const flow = flows[name];
      if (flow === undefined) throw new Error(`There is no flow of ${name}`);
      let token = await flow(at, { credentials, pkce });
      expect(await at.statusOf(token.accessToken)).toBe(200);
      if (servers[api].includes('refresh')) {
        const refreshed = await token.refresh();
        expect(refreshed.accessToken).not.toBe(token.accessToken);
        token = refreshed;
        expect(await at.statusOf(token.accessToken)).toBe(200);
      }
      expect(token.revoke !== undefined).toBe(revokes);
      if (servers[api].includes('revoke') && revokes) {
        await token.revoke?.();
        expect(await at.statusOf(token.accessToken)).toBe(401);
      }
      await proofs.add(server.url, { name, version });
    },
  );

  it.each(modes.filter(({ api, openId }) => openId && servers[api].includes('openId')))(
    '$name with OpenID Connect at $api, secret in $credentials, PKCE $pkce',
    async ({ name, version, credentials, pkce, api }) => {
      const at = oauthServers[api];
      const identity = await openIdFlows[name]?.(at, { credentials, pkce });
      expect(identity).toMatchObject({ claims: { iss: at.issuer, auth_time: expect.any(Number) } });
      const { sub, auth_time } = identity?.claims ?? {};
      expect(identity).toMatchObject({ refreshed: { sub, auth_time }, userInfo: { sub, email: expect.any(String) } });
      await proofs.add(server.url, { name, version });
    },
  );
});

describe('the table', () => {
  it('has the versions that are installed, and no client without a flow', () => {
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const { name, version } of clients) expect(devDependencies[name], name).toBe(version);
    const named = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
    expect(named(clients)).toEqual(Object.keys(flows).sort());
    expect(named(clients.filter(({ openId }) => openId))).toEqual(Object.keys(openIdFlows).sort());
  });
});
