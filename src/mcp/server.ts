import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { lazy } from '../lazy.ts';
import { projectRoot } from '../root.ts';
import type { Search } from './search.ts';
import { runTool, type Target, tools } from './tools.ts';

const version = lazy(() => {
  const manifest = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
});

const instructions =
  'Operations of several HTTP APIs. Find one with search, read its parameters and its example with describe, then call it.';

/** A server of the Model Context Protocol with three tools for all operations. Connect it to a transport. */
export function createMcpServer(target: Target, search: () => Promise<Search>): Server {
  const server = new Server({ name: 'qiyue', version: version() }, { capabilities: { tools: {} }, instructions });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: structuredClone(tools) as never }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
    runTool(params.name, params.arguments ?? {}, target, search),
  );
  return server;
}
