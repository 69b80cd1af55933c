import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextTurn } from '../turns.ts';
import { isForOperators } from './operator-paths.ts';

/** The listener stays open until no request has come for this long: a busy client opens a new connection by then. */
const QUIET_MS = 500;

/** The listener closes after this at the latest. Load balancers have noticed by then that the server is not ready. */
const MAX_OPEN_MS = 10_000;

const SWEEP_MS = 50;

/**
 * Prepares a server for its end. The returned function closes it so that no client loses a request:
 *
 * 1. Every response says `Connection: close`, and the listener stays open for the requests that follow.
 * 2. The listener closes. The requests under way are finished and their connections closed.
 * 3. What is left after `timeoutMs` breaks off.
 */
export function orderlyClose(server: Server, timeoutMs: number): () => Promise<void> {
  const connections = new Map<Socket, number>();
  const underWay = new Set<ServerResponse>();
  let accepted = 0;
  let lastRequestAt = Number.NEGATIVE_INFINITY;
  let isClosing = false;

  server.on('connection', (socket) => {
    accepted += 1;
    connections.set(socket, performance.now());
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', ({ url = '' }, response) => {
    if (!isForOperators(url)) lastRequestAt = performance.now();
    if (isClosing) return endConnection(response);
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });

  async function drain(): Promise<void> {
    const end = performance.now() + MAX_OPEN_MS;
    const isOpen = () => performance.now() < end;
    while (isOpen() && performance.now() - lastRequestAt < QUIET_MS) await sleep(SWEEP_MS);
    // Node accepts one connection in each turn. Those that still wait for it would be reset.
    for (let known = -1; isOpen() && known !== accepted; await nextTurn()) known = accepted;
  }

  function sweep(): void {
    server.closeIdleConnections();
    // Browsers open connections in advance, and Node counts one without a first request as busy.
    for (const [socket, openedAt] of connections)
      if (socket.bytesRead === 0 && performance.now() - openedAt > QUIET_MS) socket.destroy();
  }

  return async () => {
    isClosing = true;
    for (const response of underWay) endConnection(response);
    // Sockets that were upgraded are no connections of HTTP any more.
    const timeout = setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy();
    }, timeoutMs);
    await drain();
    const closed = once(server, 'close');
    server.close();
    // Repeatedly: a response whose head was sent before the end leaves an idle connection.
    const sweeping = setInterval(sweep, SWEEP_MS);
    await closed;
    clearInterval(sweeping);
    clearTimeout(timeout);
  };
}

function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
