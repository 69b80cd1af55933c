import type { RequestHandler } from 'express';
import type { Context } from '../../../context.ts';
import { inlinePolicy } from '../../../html.ts';
import type { Api } from '../../../http/api.ts';
import { recordOf } from '../../../http/log.ts';
import { RequestInfo } from '../../../http/request.ts';
import { placeOf } from '../../../http/world.ts';
import type { Controls } from '../../model/control.ts';
import type { ApiInfo } from './apis.ts';
import { consolePage } from './page.ts';
import { outcomes, readState } from './state.ts';
import { consoleStyle } from './style.ts';

export interface ConsoleOptions {
  /** The APIs beside the sandbox's own. */
  apis: readonly Api[];
  controls: Controls;
  /** What a contract says of its API, in one language. */
  infoOf(api: Api, language: 'zh' | 'en'): Promise<ApiInfo>;
}

/** The console of the world of the request. `lang` in the query chooses the language; otherwise Accept-Language does. */
export function serveConsole({ apis, controls, infoOf }: ConsoleOptions, outside: Context): RequestHandler {
  const { config, log } = outside;
  return async (request, response) => {
    const info = new RequestInfo(request, recordOf(request, log), config.publicUrl, '');
    const { q, api, outcome, request: opened, lang } = request.query;
    const language = lang === 'zh' || lang === 'en' ? lang : info.language(['zh', 'en']);
    const filter = {
      search: typeof q === 'string' ? q : '',
      api: apis.find(({ name }) => name === api)?.name ?? '',
      outcome: outcomes.find((one) => one === outcome) ?? ('' as const),
    };
    const [, number] = /^r(\d{1,15})$/.exec(String(opened)) ?? [];
    const context = placeOf(request)?.context ?? outside;
    const [state, { script }, infos] = await Promise.all([
      readState(context, apis, controls, info, { filter, opened: number === undefined ? undefined : Number(number) }),
      import('./console.browser.ts?script'),
      Promise.all(apis.map(async (one) => [one.name, await infoOf(one, language)] as const)),
    ]);
    const base = info.serverUrl;
    const mocked = config.publicUrl === undefined && config.mockPort !== undefined;
    const [first] = apis;
    const view = {
      apis,
      infos: new Map(infos),
      base,
      mockUrl: mocked ? `http://${request.hostname}:${config.mockPort}` : undefined,
      config: context.config,
      language,
      isLogged: config.requestLog,
      tryIt: first?.demo?.tryIt(`${base}/${first.name}`) ?? `curl ${base}/${first?.name}`,
    };
    response.vary('Accept-Language').set('Content-Security-Policy', inlinePolicy(consoleStyle, script));
    response
      .set('Cache-Control', 'no-store')
      .type('html')
      .send(consolePage(state, view, script));
  };
}
