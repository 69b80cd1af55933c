import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { createPpmessageClient, createTowerClient, createUcenterClient } from '../../src/client/index.ts';
import { handlers } from '../../src/client/msw/index.ts';
import { handlers as towerHandlers } from '../../src/client/msw/tower.ts';

const server = setupServer(...handlers());
beforeAll(() =>
  server.listen({
    onUnhandledRequest({ url }) {
      throw new Error(`No handler for ${url}`);
    },
  }),
);
afterEach(() => server.resetHandlers(...handlers()));
afterAll(() => server.close());

/** MSW answers with it when \`onUnhandledRequest\` throws. */
const UNHANDLED = 500;

const origin = 'https://api.example.com';
const tower = createTowerClient({ baseUrl: `${origin}/tower`, clientId: 'a', tokens: { access_token: 'b' } });
const notFound = { errors: [{ status: '404', title: '没有找到', detail: '没有这个团队' }] };
const member = { params: { path: { team_id: 't' } } };

interface Operation {
  operationId?: string;
  responses: object;
}

describe('handlers', () => {
  it.each(apis)('answer every operation of $name with its success', async ({ name, contract }) => {
    for (const [path, item] of Object.entries(contract.paths)) {
      for (const [method, { operationId, responses }] of Object.entries(item as Record<string, Operation>)) {
        if (operationId === undefined) continue;
        const address = `${origin}/${name}${path.replace(/\{\w+\}/g, 'x')}`;
        const response = await fetch(address, { method: method.toUpperCase(), redirect: 'manual' });
        const success = Object.keys(responses).find((status) => /^[23]/.test(status));
        expect([operationId, response.status]).toEqual([operationId, Number(success)]);
        const type = response.headers.get('Content-Type') ?? '';
        if (response.status === 302) expect(response.headers.get('Location')).toBeTruthy();
        else if (type.endsWith('json')) expect(await response.json()).toBeTypeOf('object');
        else if (type === '') expect(response.body).toBeNull();
      }
    }
  });

  it('answer with the examples', async () => {
    const { data } = await tower.GET('/api/v1/teams/{team_id}/member', member);
    expect(data?.data.attributes.nickname).toMatch(/\S/);
    const ucenter = createUcenterClient({ baseUrl: `${origin}/ucenter`, clientId: 'a' });
    await ucenter.signInWithPassword({ username: 'a', password: 'b' });
    expect((await ucenter.GET('/api/user')).data?.username).toMatch(/\S/);
    const ppmessage = createPpmessageClient({ baseUrl: `${origin}/ppmessage`, token: 'c' });
    expect((await ppmessage.call('PP_GET_APP_INFO', { app_uuid: 'a' })).app_name).toMatch(/\S/);
  });

  it('serve the pictures of the examples', async () => {
    const response = await fetch(`${origin}/ppmessage/identicon/any.png`);
    const [first, ...rest] = new Uint8Array(await response.arrayBuffer());
    expect([first, String.fromCharCode(...rest.slice(0, 3))]).toEqual([0x89, 'PNG']);
  });

  it('keep streams open', async () => {
    const stream = tower.events('t');
    expect((await stream.next()).value).toMatchObject({ event: 'event' });
    await stream.return();
  });

  it('take a fixed answer, and one that depends on the call', async () => {
    server.use(
      ...handlers({
        override: {
          tower: {
            getCurrentMember: { status: 404, body: notFound },
            createTodo: async ({ params, query, request, json }) => {
              const { todo } = await json();
              const title = [params.todolist_id, query.get('a'), request.method, todo.content].join(' ');
              return { status: 422, body: { errors: [{ status: '422', title, detail: '' }] } };
            },
            getUser: () => Response.error(),
          },
        },
      }),
    );
    const { response, error } = await tower.GET('/api/v1/teams/{team_id}/member', member);
    expect([response.status, error]).toEqual([404, notFound]);
    expect(response.headers.get('Content-Type')).toBe('application/vnd.api+json');
    const body = JSON.stringify({ todo: { content: '写文案' } });
    const answer = await fetch(`${origin}/tower/api/v1/todolists/7/todos?a=b`, { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ errors: [{ title: '7 b POST 写文案' }] });
    await expect(tower.GET('/api/v1/user')).rejects.toThrow();
  });

  it('have the types of the contract', () => {
    // @ts-expect-error there is no such operation
    expect(() => handlers({ override: { tower: { getNothing: { status: 200 } } } })).toThrow(
      'The contract has no operation getNothing',
    );
    // @ts-expect-error there is no such API
    expect(() => handlers({ override: { nothing: {} } })).toThrow('There is no API nothing');
    // @ts-expect-error it does not answer this
    handlers({ override: { tower: { getCurrentMember: { status: 418 } } } });
    // @ts-expect-error nor this
    handlers({ override: { tower: { getCurrentMember: { status: 404, body: { message: '' } } } } });
    // @ts-expect-error its path has another parameter
    handlers({ override: { tower: { getCurrentMember: ({ params }) => Response.json(params.id) } } });
  });

  it('are for one address, or for one API', async () => {
    server.resetHandlers(...handlers({ baseUrl: 'https://other.example/' }));
    expect((await fetch(`${origin}/tower/api/v1/user`)).status).toBe(UNHANDLED);
    expect((await fetch('https://other.example/tower/api/v1/user')).status).toBe(200);
    server.resetHandlers(...towerHandlers({ baseUrl: 'http://tower.localhost:3000' }));
    expect((await fetch('http://tower.localhost:3000/api/v1/user')).status).toBe(200);
    expect((await fetch(`${origin}/tower/api/v1/user`)).status).toBe(UNHANDLED);
    server.use(...towerHandlers({ override: { getUser: () => new Response('mine') } }));
    expect(await (await fetch(`${origin}/tower/api/v1/user`)).text()).toBe('mine');
  });
});
