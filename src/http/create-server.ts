import {
  createServer as createNodeServer,
  IncomingMessage,
  type Server,
  type ServerOptions,
  ServerResponse,
} from 'node:http';
import type { Express } from 'express';

/**
 * A server for an Express app. Express sets the prototype of every request and response, and V8 then looks up all their
 * members, in Node's own code too, where it had compiled their places in. That costs more than the rest of a small
 * request. Here requests and responses are made with these prototypes, so that there is nothing to set.
 */
export function createServer(app: Express, options: ServerOptions = {}): Server {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return createNodeServer({ ...options, IncomingMessage: Request, ServerResponse: Response }, app);
}
