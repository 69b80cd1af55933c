import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describePgbouncer, type Pgbouncer, startPgbouncer } from './support/pgbouncer.ts';
import { startServer, type TestServer } from './support/server.ts';

/** Connections of PgBouncer to PostgreSQL: fewer than the two nodes use, so that each serves all of them in turn. */
const CONNECTIONS = 3;

const MESSAGES = 100;

describePgbouncer('two nodes on PgBouncer in transaction mode', ({ createUrl }) => {
  let pooler: Pgbouncer;
  const nodes: TestServer[] = [];
  beforeAll(async () => {
    pooler = await startPgbouncer(await createUrl(), CONNECTIONS);
    for (let count = 0; count < 2; count++) nodes.push(await startServer({ DATABASE_URL: pooler.url }));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await pooler?.close();
  });

  it('sign in, read and write side by side', async () => {
    const { tower, gobelieve } = await credentials(nodes[0] as TestServer);
    const digest = createHash('md5').update(gobelieve.appsecret).digest('hex');
    const basic = `Basic ${Buffer.from(`${gobelieve.appid}:${digest}`).toString('base64')}`;
    const bearer = `Bearer ${gobelieve.users[1]?.token}`;
    const { client_id, client_secret, user } = tower;
    const grant = new URLSearchParams({ grant_type: 'password', client_id, client_secret, ...user });
    const granted = await fetch(`${nodes[0]?.url}/tower/oauth/token`, { method: 'POST', body: grant });
    const towerUser = { Authorization: `Bearer ${((await granted.json()) as { access_token: string }).access_token}` };

    const works = Array.from({ length: MESSAGES }, async (_, index) => {
      const { url } = nodes[index % 2] as TestServer;
      const sent = await fetch(`${url}/gobelieve/messages/peers`, {
        method: 'POST',
        headers: { Authorization: basic, 'Content-Type': 'application/json' },
        body: JSON.stringify({ sender: 10001, receiver: 10002, content: `{"text":"pooled ${index}"}` }),
      });
      const history = await fetch(`${url}/gobelieve/messages?limit=1`, { headers: { Authorization: bearer } });
      const member = await fetch(`${url}/tower/api/v1/teams/${tower.team_id}/member`, { headers: towerUser });
      return [sent.status, history.status, member.status];
    });
    expect(new Set((await Promise.all(works)).flat())).toEqual(new Set([200]));

    const history = await fetch(`${nodes[1]?.url}/gobelieve/messages`, { headers: { Authorization: bearer } });
    const text = await history.text();
    const missing = Array.from({ length: MESSAGES }, (_, index) => index).filter(
      (index) => !text.includes(`pooled ${index}\\`),
    );
    expect(missing).toEqual([]);
  });
});

interface Credentials {
  tower: { client_id: string; client_secret: string; team_id: string; user: Record<string, string> };
  gobelieve: { appid: number; appsecret: string; users: { token: string }[] };
}

const credentials = async ({ url }: TestServer): Promise<Credentials> =>
  (await (await fetch(`${url}/sandbox/credentials`)).json()) as Credentials;
