import type { ErrorRequestHandler, Express, Request, Response } from 'express';
import { HttpError } from '../errors.ts';
import { html, pagePolicy, renderPage } from '../html.ts';
import { type Logger, recordOf } from './log.ts';
import { setPreset } from './preset-headers.ts';

/** Adds the handlers of unknown paths and of errors outside of the APIs; an API writes its own errors. */
export function addLastHandlers(app: Express, log: Logger): void {
  app.use((request) => {
    throw new HttpError('not_found', `Nothing is at ${request.path}`);
  });
  const handleError: ErrorRequestHandler = (error, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    setPreset(response);
    const { id, log: requestLog } = recordOf(request, log);
    const known = fromExpressError(error);
    if (known.kind === 'internal') requestLog.error({ err: error }, 'unexpected error');
    writeError(known, id, request, response);
  };
  app.use(handleError);
}

/** Express has its own errors for requests that it cannot read; other errors are internal. */
function fromExpressError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { status = 500 } = (error ?? {}) as { status?: number };
  if (status >= 400 && status < 500)
    return new HttpError('malformed_request', 'The request cannot be read', { cause: error });
  return new HttpError('internal', 'Internal server error', { cause: error });
}

/** JSON, or a page for browsers. */
function writeError(error: HttpError, requestId: string, request: Request, response: Response): void {
  const { kind, status, message, details, headers } = error;
  response.status(status).set(headers).vary('Accept');
  if (request.accepts(['json', 'html']) !== 'html') {
    response.json({ error: kind, message, ...(details.length > 0 && { details }), request_id: requestId });
    return;
  }
  const english = request.acceptsLanguages('zh', 'en') === 'en';
  const title =
    status === 404 ? (english ? 'Page not found' : '没有这个页面') : english ? 'Something went wrong' : '出错了';
  const body = html`<div class="card"><h1>${title}</h1><p>${message}</p><p class="soft">${english ? 'Request' : '请求编号'} <code>${requestId}</code></p></div>`;
  response.set('Content-Security-Policy', pagePolicy).type('html');
  response.send(renderPage({ language: english ? 'en' : 'zh-CN', title, body }));
}
