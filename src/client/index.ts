/** The typed clients, for browsers and Node. A bundler drops the clients that a program does not import. */

export type { StreamOptions } from './events.ts';
export * from './gobelieve.ts';
export { type ConnectOptions, type GobelieveConnection, LoginError } from './im/connection.ts';
export type { ConnectionState } from './im/link.ts';
export { type MessageContent, readContent, type SocketMessage } from './im/messages.ts';
export { SendError, type SendErrorCode } from './im/outgoing.ts';
export * from './oauth.ts';
export * from './ppmessage.ts';
export * from './sandbox-client.ts';
export * from './tokens.ts';
export * from './tower.ts';
export * from './tower-webhooks.ts';
export * from './ucenter.ts';
export type { SendProgress } from './upload.ts';
