import type { Database, Transaction } from '../../database/open.ts';

/** The application of the demo data as a name, if it is there: `demo_app`. */
export async function demoApp(database: Database | Transaction, api: string, id: string) {
  const row = await database
    .selectFrom('oauth_clients')
    .select('id')
    .where('api', '=', api)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? [] : [['demo_app', { kind: 'apps', id }] as const];
}
