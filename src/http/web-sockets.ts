import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';

/** How many messages of one WebSocket wait to be read. */
const WAITING_MESSAGES = 4;

/** Where a request for a WebSocket leads. */
export interface WebSocketPlace {
  maxMessageBytes: number;
  /** The server sends a ping this often, and ends a WebSocket that did not answer the one before. */
  pingMs?: number | undefined;
  serve(stream: Duplex): void;
}

/**
 * Accepts WebSockets. All other requests for an upgrade are served without it, as HTTP requires: programs in Java ask for
 * `h2c` with each request.
 *
 * @param find returns undefined when there are no WebSockets at the URL
 */
export function acceptWebSockets(server: Server, find: (request: IncomingMessage) => WebSocketPlace | undefined): void {
  const acceptors = new Map<number, WebSocketServer>();

  function acceptorOf(maxPayload: number): WebSocketServer {
    const acceptor =
      acceptors.get(maxPayload) ??
      new WebSocketServer({
        WebSocket: OrderlyWebSocket,
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload,
      });
    acceptors.set(maxPayload, acceptor);
    return acceptor;
  }

  server.on('upgrade', (request, socket, head) => {
    const place = request.headers.upgrade?.toLowerCase() === 'websocket' ? find(request) : undefined;
    if (place === undefined) return serveWithout(server, request, socket, head);
    acceptorOf(place.maxMessageBytes).handleUpgrade(request, socket, head, (webSocket) => {
      if (place.pingMs !== undefined) keepAlive(webSocket, place.pingMs);
      place.serve(webSocketStream(webSocket));
    });
  });
}

/** The messages of a WebSocket as a stream: buffers, and strings for text messages. */
const webSocketStream = (webSocket: WebSocket): Duplex =>
  createWebSocketStream(webSocket, {
    readableObjectMode: true,
    readableHighWaterMark: WAITING_MESSAGES,
    // A string that is written stays one, and is sent as a text message.
    decodeStrings: false,
  });

/** Proxies cut connections that are silent, and a client that has lost its network does not answer. */
function keepAlive(webSocket: WebSocket, pingMs: number): void {
  let hasAnswered = true;
  webSocket.on('pong', () => {
    hasAnswered = true;
  });
  const timer = setInterval(() => {
    if (!hasAnswered) return webSocket.terminate();
    hasAnswered = false;
    webSocket.ping();
  }, pingMs).unref();
  webSocket.once('close', () => clearInterval(timer));
}

/** Says that the end is a normal one (code 1000). Without a code clients see one that means "none was sent". */
class OrderlyWebSocket extends WebSocket {
  override close(code = 1000, reason?: string | Buffer): void {
    super.close(code, reason);
  }
}

const UPGRADE_HEADERS = new Set(['upgrade', 'connection', 'http2-settings']);

/** Node has taken the connection away from HTTP. Gives it back, with the request as one without an upgrade. */
function serveWithout(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!UPGRADE_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
