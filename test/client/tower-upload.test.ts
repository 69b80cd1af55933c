import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createTowerClient, resolve, type TowerClient, TowerError } from '../../src/client/index.ts';
import { startTower, type Tower } from '../oauth/flow.ts';
import { hasChromium, launchChromium, servePage, whySkipped } from '../support/chromium.ts';

let tower: Tower;
let client: TowerClient;
let teamId: string;

beforeAll(async () => {
  tower = await startTower({ UPLOAD_LIMIT: '3000000' });
  teamId = tower.credentials.team_id;
  client = await signedIn(tower.credentials.user);
});
afterAll(() => tower?.server.close());

async function signedIn(user: { username: string; password: string }): Promise<TowerClient> {
  const { client_id: clientId, client_secret: clientSecret } = tower.app;
  const signed = createTowerClient({ baseUrl: tower.url, clientId, clientSecret });
  await signed.signInWithPassword(user);
  return signed;
}

/** Puts an uploaded file into a new project, and reads it back. */
async function show(attfile_guid: string) {
  const project = await client.POST('/api/v1/teams/{team_id}/projects', {
    params: { path: { team_id: teamId } },
    body: { project: { name: '文件' } },
  });
  const params = { path: { project_id: project.data?.data.id ?? '' } };
  const { data } = await client.POST('/api/v1/projects/{project_id}/uploads', { params, body: { attfile_guid } });
  if (data === undefined) throw new Error('The file cannot be used');
  const { filename, byte_size, url } = resolve(data).attachment;
  return { filename, byte_size, content: Buffer.from(await (await fetch(String(url))).arrayBuffer()) };
}

it('returns the guid of a stored file, and reports its progress', async () => {
  const progress: unknown[] = [];
  const content = Buffer.alloc(300_000, '内容');
  const guid = await client.upload(teamId, new File([content], '说明.txt'), {
    onProgress: (one) => progress.push(one),
  });
  expect(await show(guid)).toEqual({ filename: '说明.txt', byte_size: content.length, content });
  expect(progress).toEqual([{ loaded: content.length, total: content.length }]);
});

it('takes a blob with a name, and an empty file', async () => {
  expect(await show(await client.upload(teamId, new Blob(['a']), { filename: 'a.md' }))).toMatchObject({
    filename: 'a.md',
  });
  expect(await show(await client.upload(teamId, new Blob([])))).toMatchObject({ filename: 'file', byte_size: 0 });
});

it('throws the error of the server, and the reason of an abort', async () => {
  const outsider = await signedIn(tower.credentials.outsider);
  const error = await outsider.upload(teamId, new Blob(['a'])).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TowerError);
  expect(error).toMatchObject({ status: 404 });
  await expect(client.upload(teamId, new Blob([new Uint8Array(3_000_001)]))).rejects.toMatchObject({ status: 422 });
  const signal = AbortSignal.abort();
  await expect(client.upload(teamId, new Blob(['a']), { signal })).rejects.toBe(signal.reason);
});

it.skipIf(!hasChromium)(`uploads from a page of another origin, with progress (Chromium)${whySkipped}`, async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/client/index.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    globalName: 'qiyue',
    platform: 'browser',
    write: false,
  });
  const app = await servePage('App');
  const browser = await launchChromium();
  onTestFinished(async () => {
    await browser.close();
    app.close();
  });
  const page = await browser.newPage();
  await page.goto(app.url);
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  const { guid, progress } = await page.evaluate(
    async ({ baseUrl, tokens, teamId }) => {
      const { createTowerClient } = (globalThis as unknown as { qiyue: typeof import('../../src/client/index.ts') })
        .qiyue;
      const client = createTowerClient({ baseUrl, clientId: 'app', tokens });
      const progress: { loaded: number; total: number }[] = [];
      const file = new File([new Uint8Array(2_000_000).fill(7)], '大.bin');
      const guid = await client.upload(teamId, file, { onProgress: (one) => void progress.push(one) });
      return { guid, progress };
    },
    { baseUrl: tower.url, tokens: { access_token: client.tokens?.access_token ?? '' }, teamId },
  );
  expect(await show(guid)).toMatchObject({ filename: '大.bin', byte_size: 2_000_000 });
  const last = progress.at(-1);
  expect(last?.loaded).toBe(last?.total);
  expect(last?.total).toBeGreaterThan(2_000_000);
});
