import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { startServer, type TestServer } from '../support/server.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startServer();
  url = server.url;
});
afterAll(() => server?.close());

const open = (path: string, headers: Record<string, string> = {}) =>
  fetch(url + path, { headers: { Accept: BROWSER, 'Accept-Language': 'en', ...headers } });

describe('a browser at an address that an API does not have', () => {
  it.each(apis.map(({ name }) => name))('finds its way from /%s', async (name) => {
    for (const path of [`/${name}`, `/${name}/`, `/${name}/nothing/here`]) {
      const response = await open(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
      expect(response.headers.get('vary')).toContain('Accept');
      const page = await response.text();
      expect(page).toContain(`${url}/${name}<`);
      const links = [...page.matchAll(/href="(http[^"]+)"/g)].map(([, href = '']) => href);
      expect(links).toEqual([`${url}/docs/${name}/en/`, `${url}/`]);
    }
    expect(await (await open(`/${name}`, { 'Accept-Language': 'zh' })).text()).toContain('<html lang="zh-CN">');
    expect((await open(`/${name}`, { Accept: 'text/html' })).headers.get('content-type')).toContain('text/html');
  });

  it('stays in its world', async () => {
    const { id } = (await (await fetch(`${url}/sandbox/worlds`, { method: 'POST' })).json()) as { id: string };
    expect(await (await open(`/w/${id}/tower`)).text()).toContain(`href="${url}/w/${id}/docs/tower/en/"`);
  });
});

describe('a program there', () => {
  it.each([
    ['nothing', undefined],
    ['anything', '*/*'],
    ['JSON', 'application/json'],
    ['what a script in a browser sends', 'application/json, text/plain, */*'],
    ['what Java sends by itself', 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2'],
  ])('that accepts %s gets the error of the API', async (_what, accept) => {
    const response = await fetch(`${url}/gobelieve/nothing`, {
      headers: accept === undefined ? {} : { Accept: accept },
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ meta: { code: expect.any(Number) } });
    const posted = await fetch(`${url}/gobelieve/nothing`, { method: 'POST', headers: { Accept: BROWSER } });
    expect(posted.headers.get('content-type')).toContain('json');
  });
});
