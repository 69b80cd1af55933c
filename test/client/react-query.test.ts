import { QueryClient, QueryClientProvider, QueryObserver } from '@tanstack/react-query';
import { setupServer } from 'msw/node';
import { createElement, type FunctionComponent, Suspense } from 'react';
import { renderToReadableStream } from 'react-dom/server.browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPpmessageClient, createTowerClient, createUcenterClient } from '../../src/client/index.ts';
import { handlers } from '../../src/client/msw/index.ts';
import { createHooks } from '../../src/client/react-query.ts';

const server = setupServer(...handlers());
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const tokens = { access_token: 'a' };
const tower = createHooks(createTowerClient({ baseUrl: 'https://api.example.com/tower', clientId: 'a', tokens }));
const ucenter = createHooks(createUcenterClient({ baseUrl: 'https://api.example.com/ucenter', clientId: 'a', tokens }));
const ppmessage = createHooks(createPpmessageClient({ baseUrl: 'https://api.example.com/ppmessage', token: 'a' }));

/** What a page shows once its queries are answered. */
async function render(page: FunctionComponent): Promise<string> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const tree = createElement(Suspense, { fallback: '…' }, createElement(page));
  const stream = await renderToReadableStream(createElement(QueryClientProvider, { client }, tree));
  await stream.allReady;
  client.clear();
  return new Response(stream).text();
}

describe('createHooks', () => {
  it('gives the data of an answer', async () => {
    const html = await render(() => {
      const { data } = tower.useSuspenseQuery('get', '/api/v1/teams/{team_id}/member', {
        params: { path: { team_id: 't' } },
      });
      return data.data.type;
    });
    expect(html).toContain('members');
  });

  it('takes data out of the envelope of UCenter', async () => {
    const { queryFn, queryKey } = ucenter.queryOptions('get', '/api/user');
    const client = new QueryClient();
    expect(await client.fetchQuery({ queryKey, queryFn: queryFn as never })).toHaveProperty('username');
    client.clear();
  });

  it('has the error of a rejected request', async () => {
    const failing = { errors: [{ status: '400', title: '参数不对', detail: '' }] };
    server.use(...handlers({ override: { tower: { getUser: { status: 400, body: failing } } } }));
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const observer = new QueryObserver(client, tower.queryOptions('get', '/api/v1/user') as never);
    const { error, data } = await observer.refetch();
    expect([error, data]).toEqual([failing, undefined]);
    client.clear();
  });

  it('takes an error number of PPMessage for an error', async () => {
    const refused = { error_code: '6', error_string: 'no permission', uri: '/PP_GET_APP_INFO' } as const;
    server.use(...handlers({ override: { ppmessage: { getAppInfo: { status: 200, body: refused } } } }));
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const options = ppmessage.queryOptions('post', '/api/PP_GET_APP_INFO', { body: { app_uuid: 'a' } });
    const { error } = await new QueryObserver(client, options as never).refetch();
    expect(error).toEqual(refused);
    client.clear();
  });
});
