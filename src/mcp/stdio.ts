import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { noServer } from '../docs/addresses.ts';
import type { Api } from '../http/api.ts';
import { lazy } from '../lazy.ts';
import { tokenCredentials } from './credentials.ts';
import { createSearch } from './search.ts';
import { sendByFetch } from './send.ts';
import { createMcpServer } from './server.ts';
import type { Target } from './tools.ts';

/** How long the server may take to say whether it is a sandbox. */
const SANDBOX_TIMEOUT_MS = 5000;

/**
 * Serves the Model Context Protocol on standard input and output, until the input ends. Calls go to a server elsewhere.
 *
 * @param url of the server, without a slash at its end
 * @param token for calls without credentials of their own; without one a sandbox's demo people call
 */
export async function serveMcpOnStdio(apis: readonly Api[], url: string, token: string | undefined): Promise<void> {
  const isSandbox = await fetch(`${url}/sandbox/credentials`, { signal: AbortSignal.timeout(SANDBOX_TIMEOUT_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
  const target: Target = {
    apis: isSandbox ? apis : apis.filter(({ name }) => name !== 'sandbox'),
    addresses: { ...noServer, server: url, isSandbox },
    send: (api, request) => sendByFetch(`${url}/${api.name}`, request),
    ...(token !== undefined && {
      credentials: (known) => tokenCredentials(known, token),
    }),
  };
  const server = createMcpServer(
    target,
    lazy(() => createSearch(apis)),
  );
  await server.connect(new StdioServerTransport());
}
