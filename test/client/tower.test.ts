import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import type { components } from '../../generated/tower.ts';
import { createTowerClient, memoryStore } from '../../src/client/index.ts';
import { hasChromium, launchChromium, whySkipped } from '../support/chromium.ts';
import { clientOf, member, redirectUri, signedIn, startTower, team } from './fake-tower.ts';

type Schemas = components['schemas'];

describe('a call', () => {
  it('sends the token and parses JSON:API', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    const { data, error, response } = await client.GET(member, team);
    expect(error).toBeUndefined();
    expect(response.status).toBe(200);
    expect(data?.data.attributes.nickname).toBe('Demo');
    const [call] = tower.to(`/api/v1/teams/${team.params.path.team_id}/member`);
    expect(call?.headers.authorization).toBe(`Bearer ${client.tokens?.access_token}`);
    expect(call?.headers.accept).toMatch(/^application\/vnd\.api\+json,/);
  });

  it('returns a rejected request in `error`', async () => {
    const tower = await startTower();
    const { data, error, response } = await clientOf(tower).GET(member, team);
    expect(data).toBeUndefined();
    expect(error?.errors[0]?.status).toBe('401');
    expect(response.status).toBe(401);
    expect(tower.calls).toHaveLength(1);
  });

  it('sends the token to API operations only', async () => {
    const tower = await startTower();
    const client = await signedIn(tower);
    await client.GET('/.well-known/oauth-authorization-server');
    await client.POST('/oauth/introspect', { body: { token: 'a' } });
    await client.signOut();
    expect(tower.calls.map((call) => call.headers.authorization)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('is type-checked', () => {
    const client = createTowerClient({ baseUrl: 'http://127.0.0.1/tower', clientId: 'app' });
    expectTypeOf(client.GET<typeof member, typeof team>).returns.resolves.toHaveProperty('response');
    const mistakes = () => [
      // @ts-expect-error no such path
      client.GET('/api/v1/teams/{team_id}/nothing', team),
      // @ts-expect-error no such method
      client.DELETE(member, team),
      // @ts-expect-error team_id is missing
      client.GET(member, { params: { path: {} } }),
      // @ts-expect-error params are missing
      client.GET(member),
      // @ts-expect-error no such grant
      client.POST('/oauth/token', { body: { grant_type: 'magic' } }),
      // @ts-expect-error the password is missing
      client.POST('/oauth/token', { body: { grant_type: 'password', username: 'demo' } }),
      // @ts-expect-error the password is missing
      client.signInWithPassword({ username: 'demo' }),
      // @ts-expect-error tokens to start with would be lost beside a store
      createTowerClient({ baseUrl: '', clientId: '', tokens: { access_token: '' }, store: memoryStore() }),
      client.GET(member, team).then(({ data, error }) => {
        // @ts-expect-error there may be no data
        data.data;
        expectTypeOf(data).toEqualTypeOf<Schemas['MemberDocument'] | undefined>();
        expectTypeOf(error).toEqualTypeOf<Schemas['ErrorDocument'] | undefined>();
      }),
    ];
    expect(mistakes).toBeTypeOf('function');
  });
});

describe('in a browser', () => {
  const bundle = async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: "export { createTowerClient } from './index.ts'",
        resolveDir: fileURLToPath(new URL('../../src/client', import.meta.url)),
      },
      bundle: true,
      format: 'iife',
      globalName: 'qiyue',
      platform: 'browser',
      minify: true,
      write: false,
    });
    return outputFiles[0]?.text ?? '';
  };

  it('needs no Node module and little space, without what is loaded later', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: "export { createTowerClient } from './index.ts'",
        resolveDir: fileURLToPath(new URL('../../src/client', import.meta.url)),
      },
      bundle: true,
      format: 'esm',
      splitting: true,
      outdir: '.',
      // esbuild fails on an import of a Node module when the platform is the browser.
      platform: 'browser',
      minify: true,
      write: false,
    });
    expect(outputFiles[0]?.text.length).toBeLessThan(22_000);
  });

  it.skipIf(!hasChromium)(`works from pages of another origin (Chromium)${whySkipped}`, async () => {
    const tower = await startTower();
    const app = await startTower();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const context = await browser.newContext();
    const script = await bundle();
    const openTab = async () => {
      const page = await context.newPage();
      await page.goto(new URL('/', app.baseUrl).href);
      await page.addScriptTag({ content: script });
      await page.addScriptTag({
        content: `
          const store = {
            load: () => JSON.parse(localStorage.getItem('tokens') ?? 'null') ?? undefined,
            save: (tokens) => localStorage.setItem('tokens', JSON.stringify(tokens)),
            clear: () => localStorage.removeItem('tokens'),
          };
          const client = qiyue.createTowerClient({ baseUrl: '${tower.baseUrl}', clientId: 'app', store });
          const read = async () => (await client.GET('${member}', ${JSON.stringify(team)})).response.status;
          const write = async () => (await client.POST('/api/v1/todos', { body: { a: 1 } })).data.received;
        `,
      });
      return page;
    };
    const [one, two] = [await openTab(), await openTab()];

    const url = await one.evaluate(`client.authorizationUrl({ redirectUri: '${redirectUri}' }).then((flow) => {
      globalThis.flow = flow;
      return flow.url;
    })`);
    const code = tower.approve(String(url));
    await one.evaluate(`client.handleCallback('${redirectUri}?code=${code}&state=' + flow.state, flow)`);
    expect(await one.evaluate('read()')).toBe(200);

    tower.expire();
    expect(await one.evaluate('write()')).toBe('{"a":1}');
    tower.expire();
    const calls = '(async () => Promise.all([read(), read(), read()]))()';
    expect(await Promise.all([one.evaluate(calls), two.evaluate(calls)])).toEqual([
      [200, 200, 200],
      [200, 200, 200],
    ]);
    expect(await two.evaluate('client.signOut()')).toBe(true);
    expect(await one.evaluate('read()')).toBe(401);
  });
});
