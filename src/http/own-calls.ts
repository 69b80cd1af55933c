import type { Socket } from 'node:net';
import type { Request } from 'express';

/**
 * The callers of requests that this process sends to itself, by the address and port that the connection comes from. Not
 * in a header: callers could send that, too.
 */
const callers = new Map<string, string>();

/** Requests on a new connection to this server come from this caller. */
export function actFor(socket: Socket, caller: string): void {
  socket.once('connect', () => {
    const key = keyOf(socket.localAddress, socket.localPort);
    callers.set(key, caller);
    socket.once('close', () => callers.delete(key));
  });
}

/** IP address of the caller, or of a proxy that is not trusted. */
export const callerOf = ({ ip = '', socket }: Request): string =>
  callers.get(keyOf(socket.remoteAddress, socket.remotePort)) ?? ip;

/** A socket that takes IPv6 has IPv4 in its form. */
const keyOf = (address = '', port = 0) => `${address.replace(/^::ffff:/, '')} ${port}`;
