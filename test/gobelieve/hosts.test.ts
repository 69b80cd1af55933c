import { expect, it } from 'vitest';
import { send } from '../../src/verify/send.ts';
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

  it('serves what the kits call below /v2 (G-78)', async () => {
    const json = (value: unknown) => JSON.stringify(value);
    const uid = newUid();
    const granted = await atRoot('POST', '/v2/auth/grant', place.app.headers, json({ uid }));
    const headers = { Authorization: `Bearer ${granted.body.data.token}` };
    const { appid, store_id } = place.demo;
    const visit = await atRoot('POST', '/v2/customer/register', {}, json({ appid }));
    expect(visit.body.data.store_id).toBe(store_id);
    const supporter = await atRoot('GET', `/v2/supporters?store_id=${store_id}`, headers);
    expect(supporter.body.data.seller_id).toBe(place.demo.seller_id);
    const bound = await atRoot('POST', '/v2/device/bind', headers, json({ hw_device_token: `phone of ${uid}` }));
    expect(bound.status).toBe(200);
    const group = { master: uid, name: 'a', members: [{ uid }] };
    const created = await atRoot('POST', '/v2/groups', headers, json(group));
    const gid = created.body.data.group_id;
    expect((await atRoot('POST', `/v2/notification/groups/${gid}`, headers, json({ quiet: 1 }))).status).toBe(200);
    const groups = await atRoot('GET', '/v2/client/groups?fields=quiet', headers);
    expect(groups.body.data).toMatchObject([{ id: gid, do_not_disturb: true }]);
    expect((await atRoot('GET', '/v2/nowhere', headers)).status).toBe(404);
    expect((await atRoot('GET', '/v2/messages/%zz', headers)).status).toBe(400);
    const { body } = await atRoot('POST', '/v2/audios', headers, `recording ${uid}`);
    expect(body.src_url).toBe(`http://${Host}${body.src}`);
  });

  it('gives file addresses under the host of the request', async () => {
    const { headers } = await place.app.user();
    const content = `recording ${newUid()}`;
    const { body } = await atRoot('POST', '/audios', headers, content);
    expect(body).toEqual({ src: `/audios/${md5(content)}`, src_url: `http://${Host}/audios/${md5(content)}` });
  });
});

describeApps(
  'hosts behind a proxy',
  (place) => {
    it('are given without the port of this server (G-78)', async () => {
      const { headers } = await place.app.user();
      for (const Host of ['im.example.com', 'im.example.com:3000']) {
        const request = { method: 'POST', target: '/v2/audios', headers: { Host, ...headers }, body: 'recording' };
        const { src, src_url } = JSON.parse((await send(place.server.url, request)).body.toString());
        expect(src_url).toBe(`https://im.example.com${src}`);
      }
    });
  },
  { PUBLIC_URL: 'https://api.example.com', GOBELIEVE_HOST: 'im.example.com' },
);
