import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database that can be removed. */
export interface Created {
  url: string;
  remove(): Promise<unknown>;
}

/** @param template the name of a database without connections, of which this one is a copy */
export async function createPostgres(server: string, template?: string): Promise<Created & { name: string }> {
  const name = `qiyue_test_${randomBytes(8).toString('hex')}`;
  await administer(server, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { name, url: url.href, remove: () => administer(server, `drop database ${name} with (force)`) };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
