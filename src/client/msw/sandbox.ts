import type { HttpHandler } from 'msw';
import type { operations } from '../../../generated/sandbox.ts';
import { createHandlers, type HandlerOptions, type Overrides } from './handlers.ts';
import { examples } from './sandbox-examples.ts';

export type { Call, Override, Overrides, Reply } from './handlers.ts';

/**
 * MSW handlers for all operations of the sandbox.
 *
 * @param options `baseUrl` is that of the client; by default any address that ends in `/sandbox`
 */
export const handlers = ({
  baseUrl = '*/sandbox',
  override,
}: HandlerOptions<Overrides<operations>> = {}): HttpHandler[] => createHandlers(examples, baseUrl, override);
