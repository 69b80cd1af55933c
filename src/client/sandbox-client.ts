import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../generated/sandbox.ts';
import { freeFetch } from './fetch.ts';
import { absolute } from './oauth.ts';

export interface SandboxClientOptions {
  /**
   * Where the control API is: `http://127.0.0.1:3000/sandbox`, or that of a world. Defaults to `/sandbox` at the page's own
   * host in browsers, and to the sandbox on this machine elsewhere.
   */
  baseUrl?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

/** The contract's operations in the style of openapi-fetch. */
export type SandboxClient = Client<paths>;

/**
 * Creates the client of a sandbox. A rejected request has an `error` and does not throw.
 *
 * @example
 * const sandbox = createSandboxClient();
 * const { data } = await sandbox.GET('/outbox', { params: { query: { to: '+8613800000000', wait: '5s' } } });
 */
export const createSandboxClient = ({ baseUrl, fetch }: SandboxClientOptions = {}): SandboxClient =>
  createClient<paths>({ baseUrl: absolute(baseUrl ?? defaultBaseUrl()), fetch: freeFetch(fetch) });

const defaultBaseUrl = () => (globalThis.location === undefined ? 'http://127.0.0.1:3000/sandbox' : '/sandbox');
