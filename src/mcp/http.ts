import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Request, Response } from 'express';
import type { Search } from './search.ts';
import { createMcpServer } from './server.ts';
import type { Target } from './tools.ts';

/** Answers one request of the streamable HTTP transport. There are no sessions, so any node can answer the next one. */
export async function answerMcp(
  request: Request,
  response: Response,
  target: Target,
  search: () => Promise<Search>,
): Promise<void> {
  const server = createMcpServer(target, search);
  // Without a generator of session ids there are no sessions.
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.once('close', () => void server.close());
  await server.connect(transport as never);
  await transport.handleRequest(request, response, request.body);
}
