import type { Sockets } from '../../http/api.ts';
import { serveSocket } from './session.ts';

/** The socket of the original's clients, at the address that they have (P-95). */
export const sockets: Sockets = {
  path: '/pcsocket/WS',
  ports: {},
  // The longest text that a message may have, and the fields beside it.
  maxMessageBytes: 262_144,
  pingMs: 30_000,
  serve: serveSocket,
};
