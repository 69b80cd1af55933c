import { readKnownEntries } from '../model/seed-entries.ts';
import { toCredentials, withIds } from '../wire/credentials.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** The credentials of the demo data and of seeds, and the ids of seeds, with the addresses of the request (S-1). */
export const getCredentials: Operation<'getCredentials'> = async ({ request }, context) => ({
  status: 200,
  headers: noStore,
  body: withIds(await toCredentials(context, request.serverUrl), await readKnownEntries(context.database)),
});
