import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';

const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

describeEachDatabase('a process that is killed while it writes', (databases) => {
  it('loses nothing that it acknowledged, and leaves nothing half done', async () => {
    const url = await databases.createUrl();
    const migrated = await databases.open(url);
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      acknowledged.push(...(await writeUntilKilled(url, 20 + Math.floor(Math.random() * 200))));
    }
    const teams = await migrated.selectFrom('tower_teams').select('id').execute();
    const subgroups = await migrated.selectFrom('tower_subgroups').select('id').execute();
    expect(teams.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
    expect(subgroups.map(({ id }) => id).toSorted()).toEqual(teams.map(({ id }) => id).toSorted());
  }, 60_000);
});

/** @returns the ids that a writer printed until it was killed at the `count`-th or shortly after */
async function writeUntilKilled(url: string, count: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ids: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The last line may have been cut off by the kill.
    if (line.length === 36) ids.push(line);
    if (ids.length === count) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  expect(signal).toBe('SIGKILL');
  return ids;
}
