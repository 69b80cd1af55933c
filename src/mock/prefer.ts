import { delay } from '../duration.ts';
import type { Api } from '../http/api.ts';
import type { AnyOperation } from '../http/operation.ts';
import { lazy } from '../lazy.ts';
import { mockOperations } from './operations.ts';
import { mayPrefer, readPreferences } from './preferences.ts';

/**
 * The API whose callers choose the answer of one call with `Prefer`, as they do on the mock: the call is authenticated
 * and validated, and then answered by the mock instead of the operation. With `delay` alone the operation is called, late.
 */
export function withPreferences(api: Api): Api {
  const mocks = lazy(() => mockOperations(api.contract));
  const operations = Object.entries(api.operations).map(([id, run]): [string, AnyOperation] => [
    id,
    (input, context) => {
      const { headers, query, request } = input;
      if (!mayPrefer(headers, query)) return run(input, context);
      const { code, example, dynamic, delayMs } = readPreferences(headers, query);
      if (code !== undefined || example !== undefined || dynamic) return (mocks()[id] as AnyOperation)(input, context);
      if (delayMs === 0) return run(input, context);
      return delay(delayMs, request.disconnected, context.closing).then(() => run(input, context));
    },
  ]);
  return { ...api, operations: Object.fromEntries(operations) };
}
