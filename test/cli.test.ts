import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../src/app.ts';
import { listVariables } from '../src/config-variables.ts';
import { openDatabase } from '../src/database/open.ts';
import { installPacked, type Project } from './support/packed.ts';
import { startSilentProxy } from './support/silent-proxy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qiyue-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const fromSource = [process.execPath, '.ci/start.mjs'];

/** Several servers run at once, and the ports of sockets are fixed. */
const noSockets = { IM_PORT: 'off', IM_WS_PORT: 'off' };

/** Starts the command line as `npm start` does, with only these environment variables. */
function launch(parameters: string[], environment: Record<string, string> = {}, program = fromSource) {
  const [command = '', ...rest] = [...program, ...parameters];
  const child = spawn(command, rest, {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: 'sqlite::memory:',
      PORT: '0',
      MOCK_PORT: '0',
      ...noSockets,
      ...environment,
    },
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    output.out += text;
  });
  child.stderr.on('data', (text) => {
    output.err += text;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, exit };
}

async function run(parameters: string[], environment?: Record<string, string>) {
  const { output, exit } = launch(parameters, environment);
  return { code: await exit, ...output };
}

/** Starts the server and waits until it prints its URL. */
async function start(environment?: Record<string, string>, program?: string[]) {
  const started = launch([], environment, program);
  const { output } = started;
  await expect.poll(() => output.out + output.err, { timeout: 20_000 }).toMatch(/Credentials +http/);
  return { ...started, url: /Start +(http:\S+?)\/?\n/.exec(output.out)?.[1] as string };
}

const isOpen = (url: string) =>
  fetch(`${url}/livez`).then(
    () => true,
    () => false,
  );

async function get(url: string, agent: Agent): Promise<IncomingMessage> {
  const [response] = (await once(request(url, { agent }).end(), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

/** Begins a request whose body never ends. */
async function stickRequest(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': 9 };
  const stuck = request({ hostname, port, path: '/tower/oauth/token', method: 'POST', headers });
  stuck.on('error', () => {});
  stuck.write('{');
  await fetch(`${url}/livez`);
}

describe('help', () => {
  it('lists commands and every variable', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'mock', 'migrate', 'backup', 'restore', 'docs', 'app create tower'])
      expect(out).toContain(command);
    const lines = out.split('\n').map((line) => line.trim());
    for (const { name, help } of listVariables(apis))
      expect(lines.find((line) => line.startsWith(`${name} `))).toContain(help);
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('lists the commands for an unknown one', async () => {
    expect(await run(['frobnicate'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^There is no command frobnicate; there are serve, mock, /),
    });
  });
});

describe('serve', () => {
  it('names every wrong variable, without a stack trace', async () => {
    const { code, out, err } = await run([], { PORT: 'x', LOG_LEVEL: 'loud', PUBLIC_URL: 'nowhere' });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/PORT: .*\n.*PUBLIC_URL: .*\n.*LOG_LEVEL: /);
    expect(err).not.toContain(' at ');
  });

  it('names the variable of a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    for (const [variable, advice] of [
      ['PORT', 'choose another one'],
      ['MOCK_PORT', 'choose another one, or off'],
      ['IM_PORT', 'choose another one, or off'],
    ] as const) {
      const { code, err } = await run([], { [variable]: port });
      expect([code, err]).toEqual([1, `${variable}: port ${port} is used by another program; ${advice}\n`]);
    }
    other.close();
  });

  it('does not start with pending migrations unless it may run them', async () => {
    const environment = {
      DATABASE_URL: `sqlite:${join(folder, 'old.db')}`,
      MIGRATE_ON_START: '0',
      QIYUE_SANDBOX: '0',
      HOST: '127.0.0.1',
    };
    const { code, err } = await run([], environment);
    expect([code, err]).toEqual([1, expect.stringContaining('run npm run migrate')]);
  });

  it.each(['0', '1'])('does not start on a database of a newer version with MIGRATE_ON_START=%s', async (migrate) => {
    const environment = { DATABASE_URL: `sqlite:${join(folder, `newer-${migrate}.db`)}` };
    await run(['migrate'], environment);
    const database = await openDatabase(environment.DATABASE_URL);
    await sql`insert into database_migrations values ('future-0001', '')`.execute(database);
    await database.destroy();
    const { code, err } = await run([], { ...environment, MIGRATE_ON_START: migrate });
    expect([code, err]).toEqual([1, expect.stringMatching(/^DATABASE_URL: a newer version .*\(future-0001\)/)]);
  });

  it('does not start in production without PUBLIC_URL', async () => {
    const { code, err } = await run([], { NODE_ENV: 'production', PUBLIC_URL: '' });
    expect([code, err]).toEqual([1, expect.stringMatching(/^PUBLIC_URL: not set; .* set it to /)]);
    expect((await run(['migrate'], { NODE_ENV: 'production', PUBLIC_URL: '' })).code).toBe(0);
  });

  it('warns of a proxy whose forwarded addresses do not count', async () => {
    const warning = 'TRUST_PROXY is not set';
    // Lines of the log are written together, a moment after they are made: all up to "listening".
    const logOf = async (environment: Record<string, string>) => {
      const { output } = await start({ PUBLIC_URL: 'https://api.example.com', ...environment });
      await expect.poll(() => output.out + output.err).toContain('listening');
      return output.out + output.err;
    };
    expect(await logOf({})).toContain(warning);
    expect(await logOf({ TRUST_PROXY: '1' })).not.toContain(warning);
  });

  it('names the variable of files that cannot be stored', async () => {
    await writeFile(join(folder, 'letter'), '');
    for (const FILES_URL of [`file:${join(folder, 'letter')}`, 's3://key:secret@nowhere?endpoint=http://127.0.0.1:1']) {
      const { code, err } = await run([], { FILES_URL });
      expect([code, err]).toEqual([1, expect.stringMatching(/^FILES_URL: .* cannot be written: /m)]);
      expect(err).not.toContain('secret');
    }
  });

  it('prints URLs and demo credentials, and serves them', async () => {
    const { url, output } = await start();
    expect(output.out).toMatch(/client_secret +\S+/);
    expect(output.out).toMatch(/otp_user +\S+ +\S+/);
    const mock = /Mock +(\S+)/.exec(output.out)?.[1];
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${mock}/readyz`)).status).toBe(200);
    expect(await (await fetch(url)).text()).toContain(`<code>${mock}/tower</code>`);
  });

  it('says in a file when it is ready, and removes the file at its end', async () => {
    const file = join(folder, 'ready', 'qiyue.json');
    const { child, exit } = launch(['--ready-file', file]);
    const read = async () => JSON.parse(await readFile(file, 'utf8').catch(() => 'null'));
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({ pid: child.pid });
    const { url, mock, credentials } = await read();
    for (const address of [`${url}/readyz`, `${mock}/readyz`, credentials])
      expect((await fetch(address)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(await readdir(join(folder, 'ready'))).toEqual([]);
  });

  it('leaves the ready file of a running server alone when a second start fails', async () => {
    const file = join(folder, 'shared', 'qiyue.json');
    const { child, exit } = launch(['--ready-file', file]);
    const read = async () => JSON.parse(await readFile(file, 'utf8').catch(() => 'null'));
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({ pid: child.pid });
    const { port } = new URL((await read()).url);
    expect((await run(['--ready-file', file], { PORT: port })).code).toBe(1);
    expect(await read()).toMatchObject({ pid: child.pid });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(await readdir(join(folder, 'shared'))).toEqual([]);
  });

  it('says so in a line of JSON', async () => {
    const { child, output, exit } = launch([], { LOG_FORMAT: 'json' });
    const events = () =>
      output.out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    await expect.poll(events, { timeout: 20_000 }).toContainEqual(expect.objectContaining({ event: 'ready' }));
    const { url } = events().find(({ event }) => event === 'ready');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(events()[0]).toEqual({ event: 'progress', step: 'the database' });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('names a ready file that cannot be written, and a format that does not exist', async () => {
    await writeFile(join(folder, 'occupied'), '');
    const path = join(folder, 'occupied', 'ready.json');
    expect(await run(['--ready-file', path])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^--ready-file: .*occupied\/ready\.json cannot be written: /),
    });
    expect(await run([], { LOG_FORMAT: 'xml' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('LOG_FORMAT: expected json or pretty, got "xml"'),
    });
    expect(await run(['--redy-file', 'a'])).toMatchObject({ code: 1, err: expect.stringContaining("'--redy-file'") });
  });

  it('adds a seed to the demo data, or says where it is wrong', async () => {
    const file = join(folder, 'seed.yaml');
    await writeFile(file, 'ucenter:\n  users:\n    - {ref: wang, username: wang}\n');
    const { url } = await start({}, [...fromSource, '--seed', file]);
    const { ucenter } = (await (await fetch(`${url}/sandbox/credentials`)).json()) as {
      ucenter: { people: { key: string }[] };
    };
    expect(ucenter.people.map(({ key }) => key)).toContain('wang');
    await writeFile(file, 'ucenter:\n  users:\n    - {ref: wang}\n');
    const { code, err } = await run(['serve', '--seed', file]);
    expect([code, err]).toEqual([1, `QIYUE_SEED: ${file}:3: ucenter.users.0.username is required\n`]);
  });

  it('finishes the requests under way at a signal, and accepts no others', async () => {
    const { url, child, exit } = await start();
    const { hostname, port } = new URL(url);
    // An unused connection, an idle one and a request that waits for a message must not delay it.
    const spare = connect(Number(port), hostname).on('error', () => {});
    await (await fetch(`${url}/livez`)).text();
    const waiting = fetch(`${url}/sandbox/outbox?to=no-one&wait=60s`).then((response) => response.json());

    const body = 'grant_type=password&username=a&password=b&client_id=c&client_secret=d';
    const slow = request({
      hostname,
      port,
      path: '/tower/oauth/token',
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length },
    });
    slow.write(body.slice(0, 10));
    const answered = once(slow, 'response');
    await expect.poll(async () => (await fetch(`${url}/livez`)).status).toBe(200);

    child.kill('SIGTERM');
    await expect.poll(() => isOpen(url), { timeout: 5000 }).toBe(false);
    slow.end(body.slice(10));
    const [response] = await answered;
    expect([response.statusCode, response.headers.connection]).toEqual([401, 'close']);
    response.resume();
    expect(await waiting).toEqual([]);
    const stopping = performance.now();
    expect(await exit).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(5000);
    spare.destroy();
  });

  it('loses no request of busy clients at a signal', async () => {
    const { url, child, exit } = await start();
    let answers = 0;
    const busy = async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      // As a client does that goes to another server after a while: it has noticed that this one closes.
      for (let closed = 0; closed < 5; ) {
        const { statusCode, headers } = await get(`${url}/tower/api/v1/teams/1/member`, agent);
        expect(statusCode).toBe(401);
        answers += 1;
        if (headers.connection === 'close') closed += 1;
      }
      agent.destroy();
    };
    const clients = Promise.all(Array.from({ length: 20 }, busy));
    // A rejection is reported below.
    clients.catch(() => {});
    await expect.poll(() => answers, { timeout: 20_000 }).toBeGreaterThan(200);
    child.kill('SIGTERM');
    await clients;
    expect(await exit).toBe(0);
  });

  it('is not ready after a signal, while it still answers', async () => {
    const { url, child, exit } = await start();
    const ready = async () => (await fetch(`${url}/readyz`)).status;
    expect(await ready()).toBe(200);
    await fetch(url);
    child.kill('SIGTERM');
    await expect.poll(ready, { interval: 10, timeout: 5000 }).toBe(503);
    expect(await exit).toBe(0);
  });

  it('ends with npm', async () => {
    const { url, child } = await start({ HOME: folder }, ['npm', 'start']);
    child.kill('SIGTERM');
    await expect.poll(() => isOpen(url), { timeout: 10_000 }).toBe(false);
  });

  it('signs in and ends at a signal while Redis accepts connections and does not answer', async () => {
    const redis = await startSilentProxy();
    const environment = { REDIS_URL: `redis://127.0.0.1:${redis.port}`, REDIS_TIMEOUT: '200' };
    const { url, child, exit } = await start(environment);
    const { tower } = (await (await fetch(`${url}/sandbox/credentials`)).json()) as {
      tower: Record<string, string> & { user: Record<string, string> };
    };
    const { client_id = '', client_secret = '', user } = tower;
    const body = new URLSearchParams({ grant_type: 'password', client_id, client_secret, ...user });
    expect((await fetch(`${url}/tower/oauth/token`, { method: 'POST', body })).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    redis.close();
  });

  it('ends after a deadline, whatever is still under way', async () => {
    const { url, child, exit, output } = await start({ SHUTDOWN_TIMEOUT: '500' });
    await stickRequest(url);
    child.kill('SIGTERM');
    expect([await exit, output.err]).toEqual([1, expect.stringContaining('500 ms (SHUTDOWN_TIMEOUT)')]);
  });

  it('ends at once at the second signal', async () => {
    const { url, child, exit } = await start();
    await stickRequest(url);
    child.kill('SIGINT');
    await expect.poll(() => isOpen(url), { timeout: 5000 }).toBe(false);
    child.kill('SIGINT');
    expect(await exit).toBe(1);
  });
});

describe('mock', () => {
  it('runs alone, without a database', async () => {
    const { output, child, exit } = launch(['mock'], { DATABASE_URL: `sqlite:${join(folder, 'none', 'x.db')}` });
    await expect.poll(() => output.out, { timeout: 20_000 }).toMatch(/The mock answers at http/);
    const url = /http:\S+/.exec(output.out)?.[0];
    expect((await fetch(`${url}/tower/.well-known/oauth-authorization-server`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    await expect(rm(join(folder, 'none'), { recursive: true })).rejects.toThrow('ENOENT');
  });
});

describe('docs', () => {
  it('name the server that they describe, and a wrong address', async () => {
    const site = join(folder, 'site');
    expect((await run(['docs', site, '--server', 'https://api.example.com/'])).code).toBe(0);
    const { servers } = JSON.parse(await readFile(join(site, 'tower', 'openapi.json'), 'utf8'));
    expect(servers[0].url).toBe('https://api.example.com/tower');
    const { code, err } = await run(['docs', site, '--server', 'nowhere']);
    expect([code, err]).toEqual([1, expect.stringContaining('nowhere')]);
  });
});

describe('seed', () => {
  it('adds data to a running sandbox', async () => {
    const { url } = await start();
    const file = join(folder, 'seed.yaml');
    await writeFile(file, 'tower:\n  users:\n    - ref: zhao\n      username: zhao@example.com\n');
    const seeded = await run(['seed', file, '--url', url]);
    expect([seeded.code, seeded.err]).toEqual([0, '']);
    expect(JSON.parse(seeded.out)).toEqual({ tower: { zhao: expect.any(String) } });
    const again = await run(['seed', file, '--url', url]);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(`${file} was refused: `)]);
    await writeFile(file, 'tower:\n  users:\n    - rf: zhao\n');
    const wrong = await run(['seed', file, '--url', url]);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining(`\n  ${file}:3 `)]);
  });

  it('says what is missing', async () => {
    expect(await run(['seed', join(folder, 'none.yaml')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('none.yaml cannot be read: ENOENT'),
    });
    const file = join(folder, 'empty.yaml');
    await writeFile(file, '{}');
    expect(await run(['seed', file, '--url', 'http://127.0.0.1:9'])).toMatchObject({
      code: 1,
      err: 'No server answers at http://127.0.0.1:9\n',
    });
    expect(await run(['seed', file, '--url', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining("'nowhere' is invalid"),
    });
    expect(await run(['seed'])).toMatchObject({ code: 1, err: expect.stringContaining("'file'") });
  });
});

describe('commands of the APIs', () => {
  const database = () => ({ DATABASE_URL: `sqlite:${join(folder, 'admin.db')}` });

  it('need a migrated database, which migrates once', async () => {
    expect((await run(['migrate'], database())).out).toMatch(/^Migrated: .*tower-0001/);
    expect((await run(['migrate'], database())).out).toBe('The database is up to date.\n');
  });

  it('create and list an application, as a table and as JSON', async () => {
    const uris = ['--redirect-uri', 'https://a.example/cb', '--redirect-uri', 'https://b.example/cb'];
    const made = await run(['app', 'create', 'tower', '--name', '演示', ...uris, '--json'], database());
    expect(made.err).toBe('');
    const app = JSON.parse(made.out) as Record<string, unknown>;
    expect(app).toMatchObject({ name: '演示', redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] });

    const listed = await run(['app', 'list', 'tower', '--json'], database());
    expect(JSON.parse(listed.out)).toMatchObject([{ client_id: app.client_id }]);
    const shown = await run(['app', 'list', 'tower'], database());
    expect(shown.err).toBe('');
    const table = shown.out.split('\n');
    expect(table[0]).toMatch(/^client_id +name +/);
    expect(table[1]).toMatch(new RegExp(`^${app.client_id} +演示 +.*https://a\\.example/cb, https://b\\.example/cb$`));
  });

  it('print errors without a stack trace', async () => {
    const missing = await run(['app', 'create', 'tower'], database());
    expect(missing).toMatchObject({ code: 1, out: '', err: "error: required option '--name <value>' not specified\n" });
    const unknown = await run(['app', 'delete', 'tower', '--id', 'none'], database());
    expect(unknown).toMatchObject({ code: 1, out: '', err: 'There is no application none\n' });
    const uri = ['--redirect-uri', 'https://a.example/cb'];
    const noTeam = await run(['app', 'create', 'tower', '--name', 'a', ...uri, '--team', 'none'], database());
    expect(noTeam).toMatchObject({ code: 1, out: '', err: 'There is no team none\n' });
    const person = await run(['user', 'create', 'tower', '--username', 'li', '--password', 'secret'], database());
    expect(person).toMatchObject({ code: 1, out: '', err: '--email must be an e-mail address, not li\n' });
    const empty = await run(['user', 'create', 'tower', '--username', 'li', '--password', ''], database());
    expect(empty).toMatchObject({ code: 1, out: '', err: expect.stringContaining('must not be empty') });
  });

  it('import credentials from another installation', async () => {
    const names = ['--name', '旧应用', '--redirect-uri', 'https://a.example/cb', '--client-id', 'old-client'];
    const create = ['app', 'create', 'tower', ...names, '--client-secret', 'old-secret'];
    const made = await run([...create, '--json'], database());
    expect(made.err).toBe('');
    expect(JSON.parse(made.out)).toMatchObject({ client_id: 'old-client', client_secret: 'old-secret' });
    const again = await run(create, database());
    expect(again).toMatchObject({ code: 1, out: '', err: 'There is an application old-client already\n' });

    const person = { username: 'old@example.com', password: 'old-password' };
    const login = ['--username', person.username, '--password', person.password];
    const user = await run(['user', 'create', 'tower', ...login, '--id', 'f'.repeat(32), '--json'], database());
    expect(JSON.parse(user.out)).toMatchObject({ id: 'f'.repeat(32) });
    const { url } = await start(database());
    const app = { client_id: 'old-client', client_secret: 'old-secret' };
    const signIn = new URLSearchParams({ grant_type: 'password', ...app, ...person });
    expect((await fetch(`${url}/tower/oauth/token`, { method: 'POST', body: signIn })).status).toBe(200);
  });

  it('list the actions of a kind', async () => {
    const { code, out } = await run(['app', 'create', 'tower', '--help'], database());
    expect(code).toBe(0);
    expect(out).toMatch(/--redirect-uri <value> .*\(required, may be repeated\)/s);
    const { out: actions } = await run(['app', '--help'], database());
    expect(actions).toMatch(/create +of tower, gobelieve, ucenter, ppmessage/);
  });
});

describe('the built command line', () => {
  beforeAll(() => promisify(execFile)(process.execPath, ['.ci/build.mjs']));

  // Bundling could break the validator, which is imported by file, and packages that are loaded on first use.
  it('validates, signs in, limits and mocks like the sources', async () => {
    const { url, output } = await start({}, [process.execPath, 'dist/cli.js']);
    const { tower } = (await (await fetch(`${url}/sandbox/credentials`)).json()) as {
      tower: Record<'client_id' | 'client_secret', string> & Record<'user' | 'otp_user', Record<string, string>>;
    };
    const signIn = (person: Record<string, string>) =>
      fetch(`${url}/tower/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'password',
          client_id: tower.client_id,
          client_secret: tower.client_secret,
          ...person,
        }),
      });
    const incomplete = await signIn({ username: tower.user.username as string });
    expect(((await incomplete.json()) as { error_description: string }).error_description).toBe(
      'body.password is required',
    );
    expect((await signIn(tower.user)).status).toBe(200);
    expect((await signIn({ ...tower.user, password: 'wrong' })).status).toBe(400);
    expect((await signIn(tower.otp_user)).status).toBe(401);
    expect(await (await fetch(`${url}/sandbox/outbox`)).json()).toHaveLength(1);
    expect((await fetch(`${url}/docs/tower/en/`)).status).toBe(200);
    const mock = /Mock +(\S+)/.exec(output.out)?.[1];
    expect((await fetch(`${mock}/tower/.well-known/oauth-authorization-server`)).status).toBe(200);
  });

  it('has types for the client', async () => {
    expect(await readFile('dist/types/src/client/tower.d.ts', 'utf8')).toContain('createTowerClient');
    expect(await readFile('dist/client/index.js', 'utf8')).not.toMatch(/from "node:|require\("/);
  });

  describe('as a package in an empty project', () => {
    let project: Project;
    beforeAll(async () => {
      project = await installPacked('dist/packages/qiyue', ['msw']);
    });
    afterAll(() => project.remove());

    it('starts the server, the mock and the docs', async () => {
      const program = [process.execPath, join(project.folder, 'node_modules/qiyue/dist/cli.js')];
      const { url, output, child, exit } = await start({}, program);
      expect((await fetch(`${url}/sandbox/credentials`)).status).toBe(200);
      expect((await fetch(`${url}/docs/tower/`)).status).toBe(200);
      const mock = /Mock +(\S+)/.exec(output.out)?.[1];
      const member = `${mock}/tower/api/v1/teams/any/member`;
      expect((await fetch(member, { headers: { Authorization: 'Bearer any' } })).status).toBe(200);
      const verify = launch(['verify', `${url}/gobelieve`, '--api', 'gobelieve'], {}, program);
      expect([await verify.exit, verify.output.out]).toEqual([0, expect.stringContaining('No findings.')]);
      const file = join(project.folder, 'seed.yaml');
      await writeFile(file, 'tower:\n  users:\n    - ref: sun\n      username: sun@example.com\n');
      const seed = launch(['seed', file, '--url', url], {}, program);
      expect([await seed.exit, seed.output.err, seed.output.out]).toEqual([0, '', expect.stringContaining('"sun"')]);
      const again = launch(['seed', file, '--url', url], {}, program);
      expect([await again.exit, again.output.err]).toEqual([1, expect.stringContaining(`${file} was refused: `)]);
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    });

    it('makes a sandbox in the process, whose errors are those of the clients', async () => {
      const output = await project.use(`
        import { OAuthError } from 'qiyue/client';
        import { createSandbox } from 'qiyue/sandbox';
        const sandbox = await createSandbox({ world: true });
        const { tower } = await sandbox.as('demo');
        console.log((await tower.GET('/api/v1/user')).response.status);
        const error = await tower.signInWithPassword({ username: 'a', password: 'b' }).catch((error) => error);
        console.log(error instanceof OAuthError);
        console.log(typeof (await import('qiyue/token-proxy')).createTokenProxy);`);
      expect(output).toBe('200\ntrue\nfunction\n');
    });

    it('has a README whose test works', async () => {
      const readme = await readFile(join(project.folder, 'node_modules/qiyue/README.md'), 'utf8');
      const [, program = ''] = /^```js\n(.*?)^```/ms.exec(readme) ?? [];
      expect(await project.use(program)).toBe('users\n');
    });

    it('makes sandboxes that do not keep the process alive, and leave nothing behind', async () => {
      const temporary = join(project.folder, 'temporary');
      await mkdir(temporary);
      const output = await project.use(
        `import { createSandbox } from 'qiyue/sandbox';
         const sandboxes = await Promise.all([createSandbox(), createSandbox({ world: true })]);
         for (const sandbox of sandboxes) await sandbox.as('demo');
         console.log('done');`,
        { TMPDIR: temporary },
      );
      expect(output).toBe('done\n');
      expect(await readdir(temporary)).toEqual([]);
    });

    it('has the handlers for MSW', async () => {
      const output = await project.use(`
        import { setupServer } from 'msw/node';
        import { createTowerClient } from 'qiyue/client/tower';
        import { handlers } from 'qiyue/msw';
        import { handlers as one } from 'qiyue/msw/tower';
        setupServer(...handlers(), ...one()).listen();
        const tower = createTowerClient({ baseUrl: 'https://api.example.com/tower', clientId: 'a' });
        console.log((await tower.GET('/api/v1/user')).data.data.type);`);
      expect(output).toBe('users\n');
    });

    it('has types', async () => {
      await writeFile(
        join(project.folder, 'use.ts'),
        `import { createSandbox, type Sandbox } from 'qiyue/sandbox';
         import type { TowerClient } from 'qiyue/client';
         export const sandbox: Sandbox = await createSandbox({ world: true });
         export const tower: TowerClient = (await sandbox.as('demo')).tower;
         // @ts-expect-error there is no such option
         await createSandbox({ wrold: true });`,
      );
      const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--lib', 'es2023,dom,dom.iterable'];
      const tsc = join(process.cwd(), 'node_modules/typescript7/bin/tsc');
      const parameters = [tsc, ...options, '--module', 'nodenext', '--target', 'es2022', '--types', '', 'use.ts'];
      const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: project.folder }).catch(
        (error: { stdout: string }) => error,
      );
      expect(stdout).toBe('');
    });
  });
});
