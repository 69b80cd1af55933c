import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/app.ts';
import type { Api } from '../../src/http/api.ts';
import type { TestServer } from './server.ts';
import { count, type Replace, type Statements } from './statements.ts';

/** The app of a server at another address, which counts the statements of each request. */
export interface CountingServer {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** For the statements of the next requests. */
  replace: Replace | undefined;
  /** The statements of the newest request, after its response. */
  statements(): Promise<Statements>;
  close(): Promise<void>;
}

export async function startCounting({ context }: TestServer, served: readonly Api[]): Promise<CountingServer> {
  const app = createApp(context, { served });
  let newest: Promise<Statements> | undefined;
  const server = createServer((request, response) => {
    newest = count(
      () =>
        new Promise((resolve) => {
          response.once('close', resolve);
          app(request, response);
        }),
      counting.replace,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const counting: CountingServer = {
    replace: undefined,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async statements() {
      if (newest === undefined) throw new Error('No request has come');
      return newest;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return counting;
}
