import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context.ts';
import { inlinePolicy } from '../../html.ts';
import type { Api } from '../../http/api.ts';
import { recordOf } from '../../http/log.ts';
import { setPreset } from '../../http/preset-headers.ts';
import { RequestInfo } from '../../http/request.ts';
import { placeOf } from '../../http/world.ts';
import { recipientOf } from '../model/recipients.ts';
import { readWait } from '../model/waits.ts';
import { demoPage } from './demo-page.ts';
import { eventsPage, eventsPolicy } from './events-page.ts';
import { outboxPage, outboxPolicy } from './outbox-page.ts';
import { servePictures } from './pictures.ts';
import { refuseWebsites } from './refuse-websites.ts';

/** The pages below `/sandbox`. Other requests, and programs that ask for JSON, go on to the sandbox's API. */
export function sandboxPages(apis: readonly Api[], context: Context): Router {
  const router = Router();
  router.use(refuseWebsites, servePictures());

  router.get(['/outbox', '/outbox.html'], async (request, response, next) => {
    if (!request.path.endsWith('.html') && !isBrowser(request)) return next();
    const filter = { to: recipientOf(textOf(request, 'to')) };
    const { disconnected } = infoOf(request, context);
    const { closing, messages } = placeOf(request)?.context ?? context;
    const stop = AbortSignal.any([disconnected, closing]);
    const found = await messages.waitForOutbox(filter, readWait(textOf(request, 'wait')), stop);
    response.vary('Accept');
    sendPage(response, outboxPolicy, outboxPage(found, filter, languageOf(request, context)));
  });

  router.get('/events.html', (request, response) => {
    const page = eventsPage(apis, infoOf(request, context).serverUrl, languageOf(request, context));
    response.vary('Accept-Language');
    sendPage(response, eventsPolicy, page);
  });

  for (const { name, demo } of apis) {
    for (const page of demo?.pages ?? []) {
      router.get(`/${name}/${page.path}`, async (request, response) => {
        const script = await page.script();
        response.vary('Accept-Language');
        sendPage(response, inlinePolicy(page.style, script), demoPage(page, script, languageOf(request, context)));
      });
    }
  }
  return router;
}

/** A browser prefers HTML and takes anything. */
const isBrowser = (request: Request) =>
  request.accepts(['json', 'html']) === 'html' && request.accepts('application/json') !== false;

/** The value of a parameter of the query; `undefined` for none, an empty one and a list. */
function textOf({ query }: Request, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function sendPage(response: Response, policy: string, page: string): void {
  setPreset(response);
  response.set({ 'Cache-Control': 'no-store', 'Content-Security-Policy': policy }).type('html').send(page);
}

const infoOf = (request: Request, { config, log }: Context) =>
  new RequestInfo(request, recordOf(request, log), config.publicUrl, '');

const languageOf = (request: Request, context: Context) => infoOf(request, context).language(['zh', 'en']);
