import type { RequestHandler } from 'express';
import { createTurnstile } from '../turns.ts';

/**
 * Starts one request in each turn of the event loop, first come, first served.
 *
 * @param isUrgent whether the request at a path does not wait
 */
export function startInTurn(isUrgent: (path: string) => boolean): RequestHandler {
  const inTurn = createTurnstile();
  return (request, response, next) => {
    if (isUrgent(request.path)) return next();
    void inTurn(() => {
      // A client that has gone away gets no work done.
      if (!response.destroyed) next();
    });
  };
}
