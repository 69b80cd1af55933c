import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** A copy of the tree, to which a fifth API is added as CONTRIBUTING.md says. */
let copy: string;
let server: ChildProcess;

// Without the test databases: the skeleton is the same on all of them.
const environment = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' };
const inCopy = (command: string, ...parameters: string[]) => run(command, parameters, { cwd: copy, env: environment });

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'qiyue-new-'));
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', '-z']);
  for (const file of stdout.split('\0').filter(Boolean)) await cp(file, join(copy, file)).catch(ignoreMissing);
  await symlink(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  await inCopy('git', 'init', '-q');
  await inCopy('npm', 'run', 'new', '--', 'api', 'shop');
  await inCopy('npm', 'run', 'new', '--', 'operation', 'shop', 'createOrder', 'post', '/orders/{order_id}', 'orders');
});
afterAll(async () => {
  server?.kill('SIGKILL');
  await rm(copy, { recursive: true });
});

/** Files that git knows and that are deleted in this tree. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

describe('an API and an operation made by npm run new', () => {
  it('pass lint', async () => {
    await inCopy('npm', 'run', 'lint');
  });

  it('pass the type check, the client included', async () => {
    await inCopy('npm', 'run', 'typecheck');
  });

  it('are served, mocked and documented', async () => {
    server = spawn(process.execPath, ['.ci/start.mjs'], {
      cwd: copy,
      env: { ...environment, DATABASE_URL: 'sqlite::memory:', PORT: '0', MOCK_PORT: '0' },
    });
    let out = '';
    server.stdout?.on('data', (text) => {
      out += text;
    });
    await expect.poll(() => out, { timeout: 30_000 }).toMatch(/Docs +http.*\n.*Mock +http.*\n/);
    const [, url] = /Start +(http:\S+?)\/?\n/.exec(out) ?? [];
    const [, mock] = /Mock +(http:\S+?)\/?\n/.exec(out) ?? [];
    const order = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' };
    expect((await fetch(`${url}/shop/orders/1`, order)).status).toBe(501);
    expect((await fetch(`${url}/shop/orders/1`, { ...order, body: '[]' })).status).toBe(400);
    expect((await fetch(`${mock}/shop/orders/1`, order)).status).toBe(200);
    expect(await (await fetch(`${url}/docs/shop/openapi.json`)).json()).toHaveProperty('paths./status');
    expect((await fetch(`${url}/docs/shop/en/`)).status).toBe(200);
    server.kill();
    await once(server, 'exit');
  });

  it('have a test that passes, and a contract test that names what is left to do', async () => {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/support/vitest.config.ts'];
    await inCopy(process.execPath, ...vitest, 'test/shop', '--exclude', '**/api.test.ts');
    const contract = inCopy(process.execPath, ...vitest, 'test/shop/api.test.ts');
    await expect(contract).rejects.toMatchObject({
      stderr: expect.stringMatching(/createOrder > 200\nError: This case is still to be written/),
    });
  });
});

describe('npm run new', () => {
  it.each([
    [['api', 'tower'], 'There is an API tower already'],
    [['operation', 'tower', 'createToken', 'post', '/new', 'tokens'], 'tower has an operation createToken already'],
    [['operation', 'tower', 'create-it', 'post', '/new', 'tokens'], 'An operationId is camelCase'],
    [['operation', 'nothing', 'createIt', 'post', '/new', 'tokens'], 'There is no API nothing'],
    [[], 'npm run new -- api <name>'],
  ])('explains a mistake: %j', async (parameters, message) => {
    const failed = run('npx', ['tsx', '.redocly/new.ts', ...parameters]);
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  });
});
