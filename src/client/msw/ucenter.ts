import type { HttpHandler } from 'msw';
import type { operations } from '../../../generated/ucenter.ts';
import { createHandlers, type HandlerOptions, type Overrides } from './handlers.ts';
import { examples } from './ucenter-examples.ts';

export type { Call, Override, Overrides, Reply } from './handlers.ts';

/**
 * MSW handlers for all operations of UCenter.
 *
 * @param options `baseUrl` is that of the client; by default any address that ends in `/ucenter`
 */
export const handlers = ({
  baseUrl = '*/ucenter',
  override,
}: HandlerOptions<Overrides<operations>> = {}): HttpHandler[] => createHandlers(examples, baseUrl, override);
