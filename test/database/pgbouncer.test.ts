import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/open.ts';
import { transact } from '../../src/database/transact.ts';
import { describePostgres } from '../support/databases.ts';

/** Refuses the parameter as PgBouncer does, whose connections to PostgreSQL are shared by its clients. */
async function startRefusingProxy({ hostname, port }: URL): Promise<Server> {
  const fields = ['SFATAL', 'C08P01', 'Munsupported startup parameter: statement_timeout', ''].join('\0');
  const refusal = Buffer.from(`E0000${fields}\0`);
  refusal.writeInt32BE(refusal.length - 1, 1);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (startup) => {
      if (startup.includes('statement_timeout')) return void socket.end(refusal);
      const upstream = connect(Number(port || 5432), hostname).on('error', () => {});
      upstream.write(startup);
      socket.pipe(upstream).pipe(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describePostgres('a pooler that refuses to set the time limit of a connection', ({ createUrl }) => {
  let proxy: Server;
  let database: Database;
  beforeAll(async () => {
    const url = new URL(await createUrl());
    proxy = await startRefusingProxy(url);
    url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    database = await openDatabase(url.href, { timeoutMs: 500 });
  });
  afterAll(async () => {
    await database?.destroy();
    proxy?.close();
  });

  const limit = async (queried: Parameters<typeof transact>[0]) =>
    (await sql<{ statement_timeout: string }>`show statement_timeout`.execute(queried)).rows[0]?.statement_timeout;

  it('gets it with each transaction, and other clients do not', async () => {
    expect(await transact(database, limit)).toBe('500ms');
    expect(await limit(database)).toBe('0');
    await expect(transact(database, (trx) => sql`select pg_sleep(60)`.execute(trx))).rejects.toThrow(
      'statement timeout',
    );
  });

  it('does not keep a query that is not in a transaction waiting for ever', async () => {
    await expect(sql`select pg_sleep(60)`.execute(database)).rejects.toThrow('did not answer within 1500 ms');
    expect(await limit(database)).toBe('0');
  });
});
