import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './support/server.ts';

let sandbox: TestServer;
let production: TestServer;
beforeAll(async () => {
  sandbox = await startServer({ MOCK_PORT: '4010' });
  production = await startServer({ NODE_ENV: 'production', PUBLIC_URL: 'https://example.com' });
});
afterAll(async () => {
  await sandbox.close();
  await production.close();
});

const open = (url: string, language = 'en') => fetch(`${url}/`, { headers: { 'Accept-Language': language } });

describe('GET /', () => {
  it('shows URL, docs and mock of each API', async () => {
    const page = await (await open(sandbox.url)).text();
    expect(page).toContain(`<code>${sandbox.url}/tower</code>`);
    expect(page).toContain('<code>http://127.0.0.1:4010/tower</code>');
    expect(page).toContain('href="docs/tower/en/"');
    expect(await (await open(sandbox.url, 'zh')).text()).toContain('href="docs/tower/"');
    for (const path of [
      'docs/tower/',
      'docs/tower/en/',
      'sandbox/outbox.html',
      'sandbox/credentials',
      'readyz',
      'metrics',
    ]) {
      expect((await fetch(`${sandbox.url}/${path}`)).status, path).toBe(200);
    }
  });

  it('says where the control API of the sandbox is', async () => {
    const page = await (await open(sandbox.url)).text();
    expect(page).toMatch(/<a href="docs\/sandbox\/en\/">Control API.*?<\/a>/);
    expect(await (await open(sandbox.url, 'zh')).text()).toContain('<a href="docs/sandbox/">控制接口');
    for (const path of ['docs/sandbox/', 'docs/sandbox/en/'])
      expect([path, (await fetch(`${sandbox.url}/${path}`)).status]).toEqual([path, 200]);
    expect(await (await open(production.url)).text()).not.toContain('Control API');
  });

  it('shows every demo credential with a button to copy it', async () => {
    const page = await (await open(sandbox.url)).text();
    const { tower } = (await (await fetch(`${sandbox.url}/sandbox/credentials`)).json()) as {
      tower: { client_secret: string; otp_user: { password: string } };
    };
    for (const value of [tower.client_secret, tower.otp_user.password]) {
      expect(page).toContain(`<code>${value}</code><button type="button" class="small quiet" data-copy="${value}"`);
    }
    expect(page).toMatch(/<pre>curl /);
  });

  it('is in the reader’s language', async () => {
    expect(await (await open(sandbox.url, 'zh-CN,en;q=0.5')).text()).toContain('演示账号');
    const english = await open(sandbox.url, 'en-GB');
    expect(english.headers.get('vary')).toContain('Accept-Language');
    expect(await english.text()).toContain('<html lang="en">');
  });

  it('allows exactly its own script and styles', async () => {
    const response = await open(sandbox.url);
    const policy = response.headers.get('content-security-policy');
    const page = await response.text();
    const inline = [...page.matchAll(/<(style|script)>(.*?)<\/\1>/gs)];
    expect(inline.map(([, tag]) => tag)).toEqual(['style', 'style', 'script']);
    for (const [, tag, text = ''] of inline) {
      const hash = createHash('sha256').update(text).digest('base64');
      expect(policy).toMatch(new RegExp(`${tag}-src [^;]*'sha256-${hash.replace(/[+/]/g, '\\$&')}'`));
    }
    expect(policy).not.toContain('unsafe');
  });

  it('shows no credentials and no sandbox in production, and only public URLs', async () => {
    const page = await (await open(production.url)).text();
    expect(page).toContain('<code>https://example.com/tower</code>');
    expect(page).not.toMatch(/demo|sandbox|127\.0\.0\.1/);
    expect((await fetch(`${production.url}/sandbox/credentials`)).status).toBe(404);
    expect((await fetch(`${production.url}/sandbox/outbox`)).status).toBe(404);
  });
});
