import type { Sockets } from '../../http/api.ts';
import { serveSocket } from './session.ts';

/** The sockets of the original's clients, whose ports are compiled into them (G-54). */
export const sockets: Sockets = {
  path: '/ws',
  ports: {
    IM_PORT: { help: 'TCP port of sockets', port: 23_000, protocol: 'tcp', isTls: false },
    IM_TLS_PORT: { help: 'port of sockets over TLS, with IM_TLS_CERT', port: 24_430, protocol: 'tcp', isTls: true },
    IM_WS_PORT: { help: 'port of WebSockets at /ws', port: 13_891, protocol: 'websocket', isTls: false },
    IM_WS_TLS_PORT: {
      help: 'port of WebSockets over TLS, with IM_TLS_CERT',
      port: 14_891,
      protocol: 'websocket',
      isTls: true,
    },
  },
  maxMessageBytes: 65_536,
  serve: serveSocket,
};
