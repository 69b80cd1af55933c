import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.ts';

/** The whole product as a contestant of the bench, on an SQLite file of its own. */
const folder = mkdtempSync(join(tmpdir(), 'qiyue-bench-'));
const server = await startServer({ DATABASE_URL: `sqlite:${join(folder, 'bench.db')}` });
process.send?.(Number(new URL(server.url).port));
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', async () => {
  await server.close();
  rmSync(folder, { recursive: true });
  process.exit();
});
