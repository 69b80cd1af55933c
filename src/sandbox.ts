import cors from 'cors';
import { type Request, type Response, Router } from 'express';
import type { Context } from './context.ts';
import { demoPage } from './demo-page.ts';
import { HttpError } from './errors.ts';
import { eventsPage, eventsPolicy } from './events-page.ts';
import { inlinePolicy } from './html.ts';
import type { Api } from './http/api.ts';
import { recordOf } from './http/log.ts';
import { RequestInfo } from './http/request.ts';
import type { OutboxFilter } from './messages/outbox.ts';
import { outboxPage, outboxPolicy } from './outbox-page.ts';

const MAX_WAIT_MS = 60_000;

const MAX_MESSAGES = 1000;

/**
 * The paths below `/sandbox`: the demo credentials, and the outbox with all messages of the server. Any origin may read
 * both, because a front end under development has its own origin.
 */
export function sandbox(apis: readonly Api[], context: Context): Router {
  const { messages } = context;
  const router = Router();
  router.use('/sandbox', cors({ methods: ['GET', 'DELETE'] }), (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  router.get('/sandbox/credentials', (request, response) => {
    const origin = context.config.publicUrl ?? infoOf(request, context).origin;
    const demos = apis.flatMap(({ name, demo }) =>
      demo ? [[name, demo.credentials(`${origin}/${name}`, context.config)]] : [],
    );
    response.json({ origin, ...Object.fromEntries(demos) });
  });

  router.get(['/sandbox/outbox', '/sandbox/outbox.html'], async (request, response) => {
    const { filter, wait } = readQuery(request);
    const stop = AbortSignal.any([disconnected(response), context.closing]);
    const found = await messages.waitForOutbox(filter, wait, stop);
    const wantsPage = request.path.endsWith('.html') || request.accepts(['json', 'html']) === 'html';
    response.vary('Accept');
    if (!wantsPage) return void response.json(found);
    response.set('Content-Security-Policy', outboxPolicy).type('html');
    response.send(outboxPage(found, filter, infoOf(request, context).language(['zh', 'en'])));
  });

  router.get('/sandbox/events.html', (request, response) => {
    const info = infoOf(request, context);
    const page = eventsPage(apis, context.config.publicUrl ?? info.origin, info.language(['zh', 'en']));
    response.vary('Accept-Language').set('Content-Security-Policy', eventsPolicy).type('html').send(page);
  });

  for (const { name, demo } of apis) {
    for (const page of demo?.pages ?? []) {
      router.get(`/sandbox/${name}/${page.path}`, async (request, response) => {
        const language = infoOf(request, context).language(['zh', 'en']);
        const script = await page.script();
        response.vary('Accept-Language').set('Content-Security-Policy', inlinePolicy(page.style, script)).type('html');
        response.send(demoPage(page, script, language));
      });
    }
  }

  router.delete('/sandbox/outbox', async (request, response) => {
    await messages.clearOutbox(readQuery(request).filter.to);
    response.status(204).end();
  });
  return router;
}

const infoOf = (request: Request, { config, log }: Context) =>
  new RequestInfo(request, recordOf(request, log), config.publicUrl, '');

function disconnected(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

/** Reads `to`, `limit` and `wait`. An empty value, as an empty form field sends it, counts as absent. */
function readQuery({ query }: Request): { filter: OutboxFilter; wait: number } {
  const read = <T>(name: string, expected: string, parse: (value: string) => T | undefined): T | undefined => {
    const value = query[name];
    if (value === undefined || value === '') return undefined;
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed !== undefined) return parsed;
    const message = `must be ${expected}`;
    throw new HttpError('invalid_request', `${name} ${message}`, {
      details: [{ path: `/query/${name}`, message, keyword: 'format' }],
    });
  };
  return {
    filter: {
      // In a query `+` means a blank; to=+8613800000000, written by hand, means a phone number.
      to: read('to', 'one recipient', (value) => value.replace(/^ /, '+')),
      limit: read('limit', `a whole number from 1 to ${MAX_MESSAGES}`, parseLimit),
    },
    wait: read('wait', `a duration up to ${MAX_WAIT_MS / 1000}s, such as 5s, 500ms or 5`, parseDuration) ?? 0,
  };
}

function parseLimit(value: string): number | undefined {
  const limit = /^\d+$/.test(value) ? Number(value) : 0;
  return limit >= 1 && limit <= MAX_MESSAGES ? limit : undefined;
}

/** `5s`, `1.5s`, `500ms`, or `5` for seconds → milliseconds. */
function parseDuration(value: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(value) ?? [];
  if (amount === undefined) return undefined;
  const milliseconds = Number(amount) * (unit === 'ms' ? 1 : 1000);
  return milliseconds <= MAX_WAIT_MS ? milliseconds : undefined;
}
