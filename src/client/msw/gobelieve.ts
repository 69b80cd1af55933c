import type { HttpHandler } from 'msw';
import type { operations } from '../../../generated/gobelieve.ts';
import { examples } from './gobelieve-examples.ts';
import { createHandlers, type HandlerOptions, type Overrides } from './handlers.ts';

export type { Call, Override, Overrides, Reply } from './handlers.ts';

/**
 * MSW handlers for all operations of GoBelieve.
 *
 * @param options `baseUrl` is that of the client; by default any address that ends in `/gobelieve`
 */
export const handlers = ({
  baseUrl = '*/gobelieve',
  override,
}: HandlerOptions<Overrides<operations>> = {}): HttpHandler[] => createHandlers(examples, baseUrl, override);
