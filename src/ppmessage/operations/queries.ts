import type { Operation } from '../wire/operation.ts';
import { runByName } from '../wire/query.ts';

/** Runs an operation as if it had been called itself (P-62). */
export const runQuery: Operation<'runQuery'> = async ({ body, request }, context) => ({
  status: 200,
  body: await runByName(body.api_url, body.api_data ?? {}, request, context),
});
