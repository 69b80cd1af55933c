import type { Client } from 'openapi-fetch';
import createQueryClient, { type OpenapiQueryClient } from 'openapi-react-query';

type Result = { data?: unknown; error?: unknown; response: Response };
type Send = (path: string, options?: object) => Promise<Result>;

const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] as const;

/**
 * Hooks of React Query for a client: `useQuery`, `useSuspenseQuery`, `useInfiniteQuery`, `useMutation`, and
 * `queryOptions`. The `error` of a request is that of the hook, and so is an answer of PPMessage with an `error_code`
 * other than 0.
 *
 * @example
 * const hooks = createHooks(createTowerClient({ baseUrl, clientId }));
 * const { data, error } = hooks.useQuery('get', '/api/v1/teams/{team_id}/member', { params: { path: { team_id } } });
 */
export function createHooks<Paths extends object>(client: Client<Paths>): OpenapiQueryClient<Paths> {
  const refusing = methods.map((method) => {
    const send = client[method] as unknown as Send;
    return [method, async (path: string, options?: object) => withRefusal(await send(path, options))] as const;
  });
  return createQueryClient({ ...client, ...Object.fromEntries(refusing) } as Client<Paths>);
}

function withRefusal(result: Result): Result {
  const { error_code: code = 0 } = (result.data ?? {}) as { error_code?: string | number };
  return Number(code) === 0 ? result : { error: result.data, response: result.response };
}
