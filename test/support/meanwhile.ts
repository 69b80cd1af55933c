import type { CompiledQuery, QueryExecutor } from 'kysely';
import { vi } from 'vitest';
import type { Database } from '../../src/database/open.ts';

/**
 * Runs `happen` once, between the first query outside of transactions whose text contains `query` and the use of its
 * result: the moment of a race with another request. When the query shares a connection with others (`together`), that
 * is after all of them, because SQLite has only one connection.
 */
export function meanwhile(database: Database, query: string, happen: () => Promise<unknown>): void {
  const executor = database.getExecutor();
  const { executeQuery, provideConnection, withConnectionProvider } = executor;
  let isShared = false;

  const isMeant = ({ sql }: CompiledQuery) => sql.includes(query);
  async function happenNow(): Promise<void> {
    for (const spy of spies) spy.mockRestore();
    await happen();
  }
  function watchShare(share: QueryExecutor): QueryExecutor {
    const execute = share.executeQuery.bind(share);
    share.executeQuery = (compiled) => {
      isShared ||= isMeant(compiled);
      return execute(compiled);
    };
    return share;
  }

  const spies = [
    vi.spyOn(executor, 'executeQuery').mockImplementation(async (compiled) => {
      const result = await executeQuery.call(executor, compiled);
      if (isMeant(compiled)) await happenNow();
      return result as never;
    }),
    vi.spyOn(executor, 'withConnectionProvider').mockImplementation((provider) => {
      const share = withConnectionProvider.call(executor, provider);
      return provider.constructor.name === 'SharedConnection' ? watchShare(share) : share;
    }),
    vi.spyOn(executor, 'provideConnection').mockImplementation(async (consumer) => {
      const result = await provideConnection.call(executor, consumer);
      if (isShared) {
        isShared = false;
        await happenNow();
      }
      return result as never;
    }),
  ];
}
