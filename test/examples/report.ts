import type { StaleExample } from './check.ts';

/** `api operation status field: problem`, for each difference. */
export const linesOf = (stale: readonly StaleExample[]): string[] =>
  stale.flatMap(({ api, example: { operation, status }, drifts }) =>
    drifts.map(({ path, problem }) => `${api} ${operation} ${status} ${path.join('.') || '-'}: ${problem}`),
  );
