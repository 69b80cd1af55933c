import { toCredentials } from '../wire/credentials.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';

/** The demo credentials, with the addresses of the request (S-1). */
export const getCredentials: Operation<'getCredentials'> = ({ request }, { config, parts }) => ({
  status: 200,
  headers: noStore,
  body: toCredentials(parts.apis, request.serverUrl, config),
});
