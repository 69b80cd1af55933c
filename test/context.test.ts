import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { apis } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { closeContext, createContext, createLog } from '../src/context.ts';
import { migrateDatabase } from '../src/database/migrate.ts';
import { filesTables } from '../src/files/database/owner.ts';
import { contentOf } from '../src/files/store.ts';

afterEach(() => void vi.restoreAllMocks());

it.each([
  ['waits for the disk beside a database on the disk', true],
  ['does not wait for the disk beside a database in memory', false],
])('a stored file %s', async (_what, waits) => {
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-context-'));
  const context = await createContext(
    readConfig(apis, {
      DATABASE_URL: `sqlite:${waits ? join(folder, 'qiyue.db') : ':memory:'}`,
      FILES_URL: `file:${join(folder, 'files')}`,
      LOG_LEVEL: 'silent',
    }),
  );
  try {
    await migrateDatabase(context.database, [filesTables]);
    const handle = await open(folder);
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync');
    await handle.close();
    const key = await context.files.put(contentOf(Buffer.from('text')), { type: 'text/plain' });
    expect(sync.mock.calls.length > 0).toBe(waits);
    expect(await (await context.files.get(key))?.toArray()).toEqual([Buffer.from('text')]);
  } finally {
    await closeContext(context);
    await rm(folder, { recursive: true });
  }
});

it('a silent log leaves no timer behind', async () => {
  const setTimer = vi.spyOn(globalThis, 'setInterval');
  await createLog(readConfig(apis, { LOG_LEVEL: 'silent' }));
  expect(setTimer).not.toHaveBeenCalled();
  await createLog(readConfig(apis, { LOG_LEVEL: 'info', LOG_FORMAT: 'json' }));
  expect(setTimer).toHaveBeenCalledOnce();
});
