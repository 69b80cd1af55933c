import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy that can fall silent: it goes on accepting connections and bytes, and sends nothing. */
export interface SilentProxy {
  port: number;
  silence(): void;
  /** Connections that were silenced stay silent. */
  speak(): void;
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
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().resume();
    },
    speak() {
      isSilent = false;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
