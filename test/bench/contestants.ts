import { createServer, type Server } from 'node:http';
import express from 'express';
import { pino } from 'pino';
import type { Context } from '../../src/context.ts';
import type { Api } from '../../src/http/api.ts';
import type { Contract } from '../../src/http/contract.ts';
import { createServer as createQiyue } from '../../src/http/create-server.ts';
import { mountApi } from '../../src/http/mount.ts';

/** A contract of `count` secured operations with a path parameter, a query parameter and an object as response. */
export function syntheticContract(count: number): Contract {
  const part = {
    type: 'object',
    required: ['id', 'name', 'limit', 'tags'],
    properties: {
      id: { type: 'string', minLength: 1 },
      name: { type: 'string' },
      limit: { type: 'integer', minimum: 1 },
      tags: { type: 'array', items: { type: 'string' } },
    },
  };
  const operation = (index: number) => ({
    operationId: `getPart${index}`,
    security: [{ bearer: [] }],
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: 64 } },
      { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
    ],
    responses: {
      200: { description: 'ok', content: { 'application/json': { schema: { $ref: '#/components/schemas/Part' } } } },
    },
  });
  return {
    openapi: '3.1.0',
    info: { title: 'bench', version: '1' },
    paths: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`/things${index}/{id}/parts`, { get: operation(index) }]),
    ),
    components: { schemas: { Part: part }, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  } as unknown as Contract;
}

export const token = 'bench';
const authorized = (header: string | undefined) => header === `Bearer ${token}`;
const answer = (id: string, limit: number) => ({ id, name: 'part', limit, tags: ['a', 'b', 'c'] });

/** Every contestant responds to `GET /things<last>/<id>/parts?limit=5` with the same body. */
export const contestants: Record<string, (count: number) => Promise<Server> | Server> = {
  'node:http': (count) => {
    const routes = new Map(Array.from({ length: count }, (_, index) => [`things${index}`, true]));
    return createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const [, thing = '', id = ''] = url.pathname.split('/');
      const known = routes.has(thing) && authorized(request.headers.authorization);
      const body = JSON.stringify(answer(id, Number(url.searchParams.get('limit') ?? 20)));
      response.writeHead(known ? 200 : 404, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  },

  Express: (count) => {
    const app = express();
    for (let index = 0; index < count; index++) {
      app.get(`/things${index}/:id/parts`, (request, response) => {
        if (!authorized(request.headers.authorization)) return void response.status(401).json({});
        response.json(answer(request.params.id, Number(request.query.limit ?? 20)));
      });
    }
    return createServer(app);
  },

  'express-openapi-validator': async (count) => {
    const { middleware } = await import('express-openapi-validator');
    const app = express();
    app.use(
      middleware({
        apiSpec: syntheticContract(count) as never,
        validateApiSpec: false,
        validateRequests: true,
        validateResponses: true,
        validateSecurity: { handlers: { bearer: (request) => authorized(request.headers.authorization) } },
      }),
    );
    for (let index = 0; index < count; index++) {
      app.get(`/things${index}/:id/parts`, (request, response) => {
        response.json(answer(request.params.id, Number(request.query.limit)));
      });
    }
    return createServer(app);
  },

  Fastify: async (count) => {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    const contract = syntheticContract(count);
    for (let index = 0; index < count; index++) {
      app.get<{ Params: { id: string }; Querystring: { limit: number } }>(
        `/things${index}/:id/parts`,
        {
          schema: {
            params: { type: 'object', properties: { id: { type: 'string', minLength: 1, maxLength: 64 } } },
            querystring: {
              type: 'object',
              properties: { limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
            },
            response: { 200: contract.components?.schemas?.Part },
          },
          preHandler: async (request, reply) => {
            if (!authorized(request.headers.authorization)) await reply.code(401).send();
          },
        },
        async (request) => answer(request.params.id, request.query.limit),
      );
    }
    await app.ready();
    return createServer((request, response) => app.routing(request, response));
  },

  Qiyue: (count) => {
    const contract = syntheticContract(count);
    const api: Api = {
      name: 'bench',
      contract,
      operations: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `getPart${index}`,
          ({ params, query }) => ({ status: 200, body: answer(params.id as string, query.limit as number) }),
        ]),
      ),
      security: {
        bearer: ({ headers }) => (authorized(headers.authorization) ? 'bench' : undefined),
      },
      renderError: ({ status, message }) => ({ status, type: 'application/json', body: { message } }),
    };
    const app = express();
    app.use(
      mountApi(api, {
        config: { bodyLimit: 1_000_000, uploadLimit: 1_000_000 },
        log: pino({ level: 'error' }),
      } as unknown as Context),
    );
    return createQiyue(app);
  },
};

// As a child process of the bench: serves one contestant and reports its CPU time on request.
if (process.argv[2] === 'serve') {
  const [name = '', count = '30'] = process.argv.slice(3);
  const server = await contestants[name]?.(Number(count));
  server?.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.on('disconnect', () => process.exit());
}
