import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A proxy that can fail as a network and a server can. Silent, it goes on accepting connections and bytes, and sends nothing. */
export interface SilentProxy {
  port: number;
  silence(): void;
  /** Connections that were silenced stay silent. */
  speak(): void;
  /** Breaks all connections with a TCP reset. */
  reset(): void;
  /** Ends all connections and refuses others for a moment, as a server that restarts. */
  restart(): Promise<void>;
  close(): void;
}

/** @param target without one the proxy is silent from the start */
export async function startSilentProxy(target?: { hostname: string; port: number }): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let isSilent = target === undefined;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    // Read, so that an end of the other side is noticed and answered like any peer's.
    if (isSilent || target === undefined) return void socket.resume();
    const upstream = connect(target.port, target.hostname);
    keep(upstream);
    socket.pipe(upstream).pipe(socket);
  });
  // Above 32767 the system hands out ports for outgoing connections, and a restart might not get the port back.
  const port = randomInt(10_000, 32_768);
  const listen = () => once(server.listen(port, '127.0.0.1'), 'listening');
  await listen();
  return {
    port,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().resume();
    },
    speak() {
      isSilent = false;
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async restart() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await sleep(100);
      await listen();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
