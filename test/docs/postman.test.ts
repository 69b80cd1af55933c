import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { methods } from '../../src/http/contract.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** As much of Postman's own parser as the tests use. Its package has no types. */
interface PostmanParser {
  Collection: new (
    definition: object,
  ) => { forEachItem(visit: (item: { request: { method: string; url: { path: string[] } } }) => void): void };
  VariableScope: new (definition: object) => { get(name: string): unknown };
}
const { Collection, VariableScope } = createRequire(import.meta.url)('postman-collection') as PostmanParser;

interface Environment {
  values: { key: string; value: string; enabled: boolean }[];
}

interface Script {
  listen: string;
  script: { exec: string[] };
}

let sandbox: TestServer;
let production: TestServer;
beforeAll(async () => {
  sandbox = await startServer();
  production = await startServer({ NODE_ENV: 'production', PUBLIC_URL: 'https://example.com' });
});
afterAll(async () => {
  await sandbox.close();
  await production.close();
});

const read = async (path: string, at = sandbox) => (await fetch(`${at.url}/docs/${path}`)).json();
const valuesOf = ({ values }: Environment) => Object.fromEntries(values.map(({ key, value }) => [key, value]));

describe.each(apis)('the Postman collection of $name', ({ name, contract }) => {
  it.each(['', 'en/'])('opens in Postman, with every operation (%s)', async (language) => {
    const collection = (await read(`${name}/${language}postman_collection.json`)) as object;
    const requests: string[] = [];
    new Collection(collection).forEachItem(({ request }) => {
      requests.push(`${request.method} /${request.url.path.join('/')}`);
    });
    const expected = Object.entries(contract.paths).flatMap(([path, item]) =>
      methods
        .filter((method) => item[method])
        .map((method) => `${method.toUpperCase()} ${path.replace(/{([^}]+)}/g, ':$1')}`),
    );
    expect(requests.sort()).toEqual(expected.sort());
  });

  it('has all of its variables in the environment', async () => {
    const text = JSON.stringify(await read(`${name}/postman_collection.json`));
    const environment = (await read(`${name}/postman_environment.json`)) as Environment;
    const used = new Set(Array.from(text.matchAll(/{{(\w+)}}/g), ([, variable = '']) => variable));
    const scope = new VariableScope(environment);
    for (const variable of used)
      expect([variable, scope.get(variable)]).toEqual([variable, expect.stringMatching(/./)]);
    expect(scope.get('baseUrl')).toBe(`${sandbox.url}/${name}`);
  });

  it('has no demo credentials in production', async () => {
    if (name === 'sandbox') return;
    const { baseUrl, ...others } = valuesOf(
      (await read(`${name}/postman_environment.json`, production)) as Environment,
    );
    expect(baseUrl).toBe(`https://example.com/${name}`);
    expect(Object.values(others).filter((value) => value !== '')).toEqual([]);
  });
});

describe('the script before each request', () => {
  it.each([
    ['tower', 'oauth2', '/api/v1/user', 'Bearer'],
    ['ucenter', 'accessTokenHeader', '/api/user', 'Bearer'],
    ['gobelieve', 'client', '/client/groups', 'Bearer'],
    ['ppmessage', 'oauthHeader', undefined, 'OAuth'],
  ])('signs in to %s', async (name, variable, path, kind) => {
    const { event } = (await read(`${name}/postman_collection.json`)) as { event: Script[] };
    const values = { ...valuesOf((await read(`${name}/postman_environment.json`)) as Environment), [variable]: '' };
    const token = await runScript(event.find(({ listen }) => listen === 'prerequest') as Script, values, variable);
    expect(token).toMatch(/^[\w-]{16,}$/);
    if (path === undefined) return;
    const response = await fetch(`${sandbox.url}/${name}${path}`, { headers: { Authorization: `${kind} ${token}` } });
    expect(response.status).toBe(200);
  });
});

interface ScriptRequest {
  url: string;
  method: string;
  header?: Record<string, string>;
  auth?: { basic: { value: string }[] };
  body: { raw?: string; urlencoded?: { key: string; value: string }[] };
}

/** Runs a script as Postman does. Returns the value that it gives to a variable. */
const runScript = ({ script }: Script, values: Record<string, string>, variable: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const variables = {
      get: (name: string) => values[name],
      replaceIn: (text: string) => text.replace(/{{(\w+)}}/g, (_, name: string) => values[name] ?? ''),
    };
    const environment = { set: (name: string, value: string) => name === variable && resolve(value) };
    const sendRequest = async (request: ScriptRequest, done: (error: unknown, response: object) => void) => {
      const { url, method, header = {}, auth, body } = request;
      const [user, password] = auth?.basic.map(({ value }) => value) ?? [];
      const response = await fetch(url, {
        method,
        headers: { ...header, ...(auth && { Authorization: `Basic ${btoa(`${user}:${password}`)}` }) },
        body: body.raw ?? new URLSearchParams(body.urlencoded?.map(({ key, value }) => [key, value])),
      });
      const text = await response.text();
      done(null, { json: () => JSON.parse(text), text: () => text });
    };
    const log = (...parts: unknown[]) => reject(new Error(parts.join(' ')));
    runInNewContext(script.exec.join('\n'), { pm: { variables, environment, sendRequest }, console: { log } });
  });
