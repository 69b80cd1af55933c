import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apis } from '../../src/app.ts';
import type { Api } from '../../src/http/api.ts';
import type { Node } from '../../src/verify/references.ts';
import { makeWorld } from '../sandbox/control.ts';
import { startServer } from '../support/server.ts';

/** A sandbox to verify, and a folder for files. */
export interface Bench {
  folder: string;
  /** The base of an API in a world of its own. */
  freshBase(api: string): Promise<string>;
  /** The credentials of a world in a file, as `--credentials` takes it. */
  credentialsFile(base: string): Promise<string>;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const server = await startServer();
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-verify-'));
  return {
    folder,
    freshBase: async (api) => `${(await makeWorld(server.url)).base_url}/${api}`,
    async credentialsFile(base) {
      const answer = await fetch(base.replace(/\/\w+$/, '/sandbox/credentials'));
      const file = join(folder, `${randomUUID()}.json`);
      await writeFile(file, await answer.text());
      return file;
    },
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export const apiOf = (name: string): Api => apis.find((api) => api.name === name) as Api;
export const contractOf = (name: string): Node => apiOf(name).contract as unknown as Node;
