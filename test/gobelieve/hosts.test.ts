import { expect, it } from 'vitest';
import { send } from '../contract/exchange.ts';
import { describeApps, md5, newUid } from './apps.ts';

/** Existing programs expect the paths of the original at the root of a host: here `gobelieve.localhost`. */
describeApps('hosts', (place) => {
  const Host = 'gobelieve.localhost';
  const atRoot = async (method: string, target: string, headers: Record<string, string>, body?: string) => {
    const answer = await send(place.server.url, {
      method,
      target,
      headers: { Host, ...headers },
      ...(body !== undefined && { body }),
    });
    return { status: answer.status, body: JSON.parse(answer.body.toString()) };
  };

  it('serves the same API at the root of its own host', async () => {
    const granted = await atRoot('POST', '/auth/grant', place.app.headers, JSON.stringify({ uid: newUid() }));
    expect(granted).toEqual({
      status: 200,
      body: { meta: { code: 200, message: expect.any(String) }, data: { token: expect.any(String) } },
    });
    const headers = { Authorization: `Bearer ${granted.body.data.token}` };
    expect((await atRoot('GET', '/messages', headers)).body.data).toEqual([]);
    expect((await atRoot('GET', '/messages', {})).body.meta.code).toBe(401);
    expect((await atRoot('GET', '/nowhere', {})).body.meta.code).toBe(404);
    expect((await atRoot('PUT', '/messages', {})).body.meta.code).toBe(405);
  });

  it('gives file addresses under the host of the request', async () => {
    const { headers } = await place.app.user();
    const content = `recording ${newUid()}`;
    const { body } = await atRoot('POST', '/audios', headers, content);
    expect(body).toEqual({ src: `/audios/${md5(content)}`, src_url: `http://${Host}/audios/${md5(content)}` });
  });
});
