import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGobelieveClient, createGobelieveServerClient, unwrap } from '../src/client/gobelieve.ts';
import { createTowerClient } from '../src/client/index.ts';
import { Tower } from './oauth/flow.ts';
import { openDesk } from './ppmessage/desk.ts';
import { openStream } from './ppmessage/stream.ts';
import { Browser } from './support/browser.ts';
import { describeNginx, type Nginx, startNginx } from './support/nginx.ts';
import { startServer, type TestServer } from './support/server.ts';
import { Centre } from './ucenter/centre.ts';

interface AllCredentials {
  tower: Tower['credentials'];
  ucenter: Centre['credentials'];
  gobelieve: { appid: number; appsecret: string; users: { uid: number; token: string }[] };
}

/** What operators put in front. Its defaults buffer requests and responses, and speak HTTP/1.0 to the server. */
describeNginx('behind nginx', () => {
  let server: TestServer;
  let credentials: AllCredentials;
  const proxies: Nginx[] = [];

  beforeAll(async () => {
    server = await startServer({ TRUST_PROXY: '1' });
    credentials = (await (await fetch(`${server.url}/sandbox/credentials`)).json()) as AllCredentials;
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await server?.close();
  });

  /** The server as it is reached through nginx. */
  async function behind(lines: string): Promise<TestServer> {
    const proxy = await startNginx(lines);
    proxies.push(proxy);
    return { ...server, url: proxy.url };
  }

  describe('with a plain proxy_pass', () => {
    let proxied: TestServer;
    beforeAll(async () => {
      proxied = await behind(`proxy_pass ${server.url};`);
    });

    it('GoBelieve’s events arrive at once', async () => {
      const { appid, appsecret, users } = credentials.gobelieve;
      const [sender, receiver] = users as [AllCredentials['gobelieve']['users'][0], { uid: number; token: string }];
      const baseUrl = `${proxied.url}/gobelieve`;
      const app = createGobelieveServerClient({ baseUrl, appid, appsecret });
      const controller = new AbortController();
      const user = createGobelieveClient({ baseUrl, token: receiver.token });
      const contents: unknown[] = [];
      const send = async (content: string) =>
        unwrap(app.POST('/messages/peers', { body: { sender: sender.uid, receiver: receiver.uid, content } }));
      for await (const { data } of user.events({ signal: controller.signal })) {
        if ('content' in data) contents.push(data.content);
        // The first event marks the beginning of the stream.
        if (contents.length < 2) await send(`message ${contents.length + 1}`);
        else controller.abort();
      }
      expect(contents).toEqual(['message 1', 'message 2']);
    });

    it('Tower’s events arrive at once', async () => {
      const { client_id, client_secret, team_id, user } = credentials.tower;
      const baseUrl = `${proxied.url}/tower`;
      const client = createTowerClient({ baseUrl, clientId: client_id, clientSecret: client_secret });
      await client.signInWithPassword(user);
      const create = (name: string) =>
        client.POST('/api/v1/teams/{team_id}/projects', { params: { path: { team_id } }, body: { project: { name } } });
      const controller = new AbortController();
      const titles: string[] = [];
      const { data: newest } = await client.GET('/api/v1/teams/{team_id}/events', { params: { path: { team_id } } });
      const lastEventId = `${newest?.data[0]?.id}-0`;
      await create('第一个');
      for await (const { event, data } of client.events(team_id, { signal: controller.signal, lastEventId })) {
        if (event !== 'event') continue;
        titles.push(data.data.attributes.title);
        if (titles.length === 1) await create('第二个');
        else controller.abort();
      }
      expect(titles).toEqual(['第一个', '第二个']);
    });

    it('PPMessage’s events arrive at once', async () => {
      const desk = await openDesk(proxied);
      const customer = await desk.kefu.newCustomer();
      const conversation = await desk.kefu.newConversation(customer, [desk.agent.user_uuid]);
      const stream = await openStream(desk.kefu);
      await desk.kefu.say(conversation, customer, '在吗');
      expect(await stream.texts(1)).toEqual(['在吗']);
      await desk.kefu.say(conversation, customer, '还在吗');
      expect(await stream.texts(1)).toEqual(['还在吗']);
      stream.close();
    });

    it('a request that waits for a message gets it', async () => {
      const tower = new Tower(proxied, credentials.tower);
      const { username } = tower.credentials.otp_user;
      const waiting = fetch(`${proxied.url}/sandbox/outbox?to=${username}&wait=50s`);
      await tower.post('/oauth/token', { ...tower.passwordFields(), ...tower.credentials.otp_user });
      expect(await (await waiting).json()).toMatchObject([{ to: username }]);
    });

    it('files arrive whole, in both directions', async () => {
      const headers = { Authorization: `Bearer ${credentials.gobelieve.users[0]?.token}` };
      const bytes = randomBytes(900_000);
      const body = new FormData();
      body.append('file', new File([bytes], '大.bin', { type: 'application/octet-stream' }));
      const sent = await fetch(`${proxied.url}/gobelieve/v2/files`, { method: 'POST', headers, body });
      const { src } = (await sent.json()) as { src: string };
      const received = await fetch(`${proxied.url}/gobelieve${src}`, { headers });
      expect(Buffer.from(await received.arrayBuffer()).equals(bytes)).toBe(true);
    });

    it('long addresses and redirects pass', async () => {
      const tower = new Tower(proxied, credentials.tower);
      const state = 's'.repeat(2000);
      const { url } = await tower.allow({ state });
      expect(url.searchParams.get('state')).toBe(state);
    });
  });

  // These lines end TLS in front of the server, as far as the server can see.
  describe('with the lines of the README', () => {
    let proxied: TestServer;
    beforeAll(async () => {
      const readme = await readFile('README.md', 'utf8');
      const lines = /```nginx\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
      proxied = await behind(lines.replace('http://127.0.0.1:3000', server.url).replace('$scheme', 'https'));
    });

    it('signs in over https: secure cookies, and addresses as the browser sees them', async () => {
      const tower = new Tower(proxied, credentials.tower);
      const { host } = new URL(proxied.url);
      const metadata = await fetch(`${tower.url}/.well-known/oauth-authorization-server`);
      expect(await metadata.json()).toMatchObject({ issuer: `https://${host}/tower` });
      const browser = new Browser(proxied.url);
      await browser.visit(`${tower.url}/oauth/sign_in`);
      expect(browser.setCookies.length).toBeGreaterThan(0);
      for (const cookie of browser.setCookies) expect(cookie).toMatch(/; Secure(;|$)/);
      const { url } = await tower.allow();
      expect(url.searchParams.get('code')).not.toBeNull();
    });

    it('takes the address of the caller from nginx, not from the caller', async () => {
      const centre = new Centre(proxied, credentials.ucenter);
      const token = await centre.signIn();
      const headers = {
        Authorization: `Bearer ${token.access_token}`,
        'Content-Type': 'application/json',
        'X-Forwarded-For': '192.0.2.1',
      };
      const body = JSON.stringify({ type: 'S', title: '登录', data: '{}' });
      expect((await fetch(`${centre.url}/api/log`, { method: 'POST', headers, body })).status).toBe(200);
      const { ip } = await server.context.database
        .selectFrom('ucenter_logs')
        .select('ip')
        .orderBy('id', 'desc')
        .executeTakeFirstOrThrow();
      expect(ip).toBe('127.0.0.1');
    });

    it('takes files up to UPLOAD_LIMIT', async () => {
      const headers = { Authorization: `Bearer ${credentials.gobelieve.users[0]?.token}` };
      const upload = (size: number) => {
        const body = new FormData();
        body.append('file', new File([randomBytes(size)], 'a.bin'));
        return fetch(`${proxied.url}/gobelieve/v2/files`, { method: 'POST', headers, body });
      };
      expect((await upload(20_900_000)).status).toBe(200);
      const refused = await upload(21_000_000);
      expect([refused.status, await refused.json()]).toMatchObject([413, { meta: { code: 413 } }]);
    });
  });
});
