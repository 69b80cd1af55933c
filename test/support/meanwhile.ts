import { vi } from 'vitest';
import type { Database } from '../../src/database/open.ts';

/**
 * Runs `happen` once, between the first query outside of transactions whose text contains `query` and the use of its
 * result: the moment of a race with another request.
 */
export function meanwhile(database: Database, query: string, happen: () => Promise<unknown>): void {
  const executor = database.getExecutor();
  const execute = executor.executeQuery.bind(executor);
  const spy = vi.spyOn(executor, 'executeQuery').mockImplementation(async (compiled) => {
    const result = await execute<never>(compiled);
    if (compiled.sql.includes(query)) {
      spy.mockRestore();
      await happen();
    }
    return result;
  });
}
