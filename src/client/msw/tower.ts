import type { HttpHandler } from 'msw';
import type { operations } from '../../../generated/tower.ts';
import { createHandlers, type HandlerOptions, type Overrides } from './handlers.ts';
import { examples } from './tower-examples.ts';

export type { Call, Override, Overrides, Reply } from './handlers.ts';

/**
 * MSW handlers for all operations of Tower.
 *
 * @param options `baseUrl` is that of the client; by default any address that ends in `/tower`
 */
export const handlers = ({
  baseUrl = '*/tower',
  override,
}: HandlerOptions<Overrides<operations>> = {}): HttpHandler[] => createHandlers(examples, baseUrl, override);
