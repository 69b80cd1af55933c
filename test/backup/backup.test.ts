import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableOwners } from '../../src/app.ts';
import { backUp } from '../../src/backup/backup.ts';
import { restore } from '../../src/backup/restore.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { withDatabase } from '../../src/database/open.ts';
import { describeEachDatabase, describePostgres } from '../support/databases.ts';
import { runCommand, startProcess } from '../support/process.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'qiyue-backup-'));
});
afterAll(() => rm(home, { recursive: true }));

/** Where an installation keeps its data. */
interface Place {
  databaseUrl: string;
  filesUrl: string;
}

let folders = 0;
const newFolder = () => join(home, `files-${folders++}`);
const folderOf = ({ filesUrl }: Place) => filesUrl.slice('file:'.length);
const fileOf = (place: Place, key: string) => join(folderOf(place), key.slice(0, 2), key);
const environmentOf = ({ databaseUrl, filesUrl }: Place) => ({ DATABASE_URL: databaseUrl, FILES_URL: filesUrl });

/** An installation with a team and a file. */
async function fill(databaseUrl: string, name: string, key: string): Promise<Place> {
  const place = { databaseUrl, filesUrl: `file:${newFolder()}` };
  await withDatabase(databaseUrl, async (database) => {
    await migrateDatabase(database, tableOwners);
    await database.insertInto('tower_teams').values({ id: name, name, created_at: 0, updated_at: 0 }).execute();
  });
  collectGarbage();
  await mkdir(dirname(fileOf(place, key)), { recursive: true });
  await writeFile(fileOf(place, key), name);
  return place;
}

/** The SQLite driver lets go of a closed file when its statements are collected; until then the file is in use. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

const teamsOf = ({ databaseUrl }: Place) =>
  withDatabase(databaseUrl, async (database) => {
    const rows = await database.selectFrom('tower_teams').select('name').execute();
    return rows.map(({ name }) => name);
  });

const [keyA, keyB] = ['a'.repeat(32), 'b'.repeat(32)];
const options = { force: false, owners: tableOwners };
const forced = { ...options, force: true };

describeEachDatabase('a backup', ({ createEmptyUrl: createUrl, engine }) => {
  const newPlace = async (): Promise<Place> => ({ databaseUrl: await createUrl(), filesUrl: `file:${newFolder()}` });

  it('holds what was acknowledged before it began, rows and files, while the server goes on', async () => {
    const place = await newPlace();
    const { child, url } = await startProcess(environmentOf(place));
    const headers = { Authorization: 'Bearer DemoTokenOfUser10001ofApp1xxxx' };
    const acknowledged = new Map<string, string>();
    let isRunning = true;
    const upload = async (writer: number) => {
      for (let number = 0; isRunning && number < 1000; number += 1) {
        const content = `file ${number} of writer ${writer}`;
        const body = new FormData();
        body.append('file', new File([content], 'a.txt', { type: 'text/plain' }));
        const response = await fetch(`${url}/gobelieve/v2/files`, { method: 'POST', headers, body });
        acknowledged.set(((await response.json()) as { src: string }).src, content);
      }
    };
    const writers = Promise.all(Array.from({ length: 4 }, (_, writer) => upload(writer)));
    // A rejection is reported below.
    writers.catch(() => {});
    await expect.poll(() => acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(40);
    const before = [...acknowledged];
    const backup = join(home, `${engine}.tar`);
    expect(await runCommand(['backup', backup], environmentOf(place))).toMatch(
      /^Backed up: the database and \d+ files\n$/,
    );
    const after = acknowledged.size;
    isRunning = false;
    await writers;
    expect(after).toBeGreaterThan(before.length);
    child.kill('SIGTERM');
    await once(child, 'exit');

    const target = await newPlace();
    await runCommand(['restore', backup], environmentOf(target));
    const restored = await startProcess(environmentOf(target));
    const download = async (src: string) => {
      const response = await fetch(`${restored.url}/gobelieve${src}`, { headers });
      return response.ok ? response.text() : response.status;
    };
    for (const [src, content] of before) expect([src, await download(src)]).toEqual([src, content]);
    // A row without its file would be a 500.
    for (const [src, content] of acknowledged) expect([content, 404]).toContain(await download(src));
  });

  it('can be read by its owner alone', async () => {
    const backup = join(home, 'mode.tar');
    await backUp(backup, await fill(await createUrl(), 'a', keyA), tableOwners);
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
  });

  it('replaces what is there when it is forced to, and all of it', async () => {
    const backup = join(home, 'replace.tar');
    expect(await backUp(backup, await fill(await createUrl(), 'a', keyA), tableOwners)).toBe(1);
    const place = await fill(await createUrl(), 'b', keyB);
    expect(await restore(backup, forced, place)).toBe(1);
    expect(await teamsOf(place)).toEqual(['a']);
    expect(await readFile(fileOf(place, keyA), 'utf8')).toBe('a');
    await expect(stat(fileOf(place, keyB))).rejects.toThrow('ENOENT');
  });

  it('does not replace a database or files without that', async () => {
    const backup = join(home, 'keep.tar');
    await backUp(backup, await fill(await createUrl(), 'a', keyA), tableOwners);
    const place = await fill(await createUrl(), 'b', keyB);
    await expect(restore(backup, options, place)).rejects.toThrow('DATABASE_URL: the database is not empty');
    const empty = await newPlace();
    await expect(restore(backup, options, { ...empty, filesUrl: place.filesUrl })).rejects.toThrow(
      /^FILES_URL: .* is not empty/,
    );
    expect(await teamsOf(place)).toEqual(['b']);
    await expect(stat(fileOf(place, keyA))).rejects.toThrow('ENOENT');
  });

  it('of a newer version is refused', async () => {
    const backup = join(home, 'newer.tar');
    const newer = await fill(await createUrl(), 'a', keyA);
    await withDatabase(newer.databaseUrl, (database) =>
      sql`insert into database_migrations values ('future-0001', '')`.execute(database),
    );
    await backUp(backup, newer, tableOwners);
    const place = await fill(await createUrl(), 'b', keyB);
    await expect(restore(backup, forced, place)).rejects.toThrow(/newer version .*future-0001/);
    expect(await teamsOf(place)).toEqual(['b']);
  });

  it('that is cut off changes nothing', async () => {
    const backup = join(home, 'whole.tar');
    await backUp(backup, await fill(await createUrl(), 'a', keyA), tableOwners);
    const place = await fill(await createUrl(), 'b', keyB);
    const bytes = await readFile(backup);
    for (const length of [0, 100, 512, 2048, 20_000, bytes.length - 2048, bytes.length - 1024]) {
      const part = join(home, 'part.tar');
      await writeFile(part, bytes.subarray(0, length));
      await expect(restore(part, forced, place), `${length} bytes`).rejects.toThrow('part.tar');
    }
    await expect(restore(join(home, 'none.tar'), forced, place)).rejects.toThrow('none.tar');
    expect(await teamsOf(place)).toEqual(['b']);
    await expect(stat(fileOf(place, keyA))).rejects.toThrow('ENOENT');
    expect(await readFile(fileOf(place, keyB), 'utf8')).toBe('b');
  });

  it('is not restored to a database that a server uses', async () => {
    const backup = join(home, 'used.tar');
    await backUp(backup, await fill(await createUrl(), 'a', keyA), tableOwners);
    const place = await fill(await createUrl(), 'b', keyB);
    await withDatabase(place.databaseUrl, async () => {
      await expect(restore(backup, forced, place)).rejects.toThrow(/^DATABASE_URL: .* in use: stop /);
    });
    expect(await teamsOf(place)).toEqual(['b']);
    await expect(stat(fileOf(place, keyA))).rejects.toThrow('ENOENT');
  });

  it('of an empty database is refused, and leaves no file', async () => {
    const backup = join(home, 'empty.tar');
    await expect(backUp(backup, await newPlace(), tableOwners)).rejects.toThrow('there is no database to back up');
    await expect(stat(backup)).rejects.toThrow('ENOENT');
  });
});

describePostgres('a backup of SQLite', ({ createEmptyUrl: createUrl }) => {
  it('is not restored', async () => {
    const backup = join(home, 'sqlite.tar');
    await backUp(backup, await fill(`sqlite:${join(home, 'source.db')}`, 'a', keyA), tableOwners);
    const place = { databaseUrl: await createUrl(), filesUrl: `file:${newFolder()}` };
    await expect(restore(backup, options, place)).rejects.toThrow('backup of another engine');
  });
});

describe('a database in memory', () => {
  it('is not backed up', async () => {
    const place = { databaseUrl: 'sqlite::memory:', filesUrl: `file:${newFolder()}` };
    await expect(backUp(join(home, 'memory.tar'), place, tableOwners)).rejects.toThrow('in memory');
  });
});
