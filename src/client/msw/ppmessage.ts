import type { HttpHandler } from 'msw';
import type { operations } from '../../../generated/ppmessage.ts';
import { createHandlers, type HandlerOptions, type Overrides } from './handlers.ts';
import { examples } from './ppmessage-examples.ts';

export type { Call, Override, Overrides, Reply } from './handlers.ts';

/**
 * MSW handlers for all operations of PPMessage.
 *
 * @param options `baseUrl` is that of the client; by default any address that ends in `/ppmessage`
 */
export const handlers = ({
  baseUrl = '*/ppmessage',
  override,
}: HandlerOptions<Overrides<operations>> = {}): HttpHandler[] => createHandlers(examples, baseUrl, override);
