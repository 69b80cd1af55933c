import { afterEach, expect, it } from 'vitest';
import { describeApps } from '../gobelieve/apps.ts';
import { useDesk } from '../ppmessage/desk.ts';
import { describeEachDatabase } from '../support/databases.ts';

const environment = { STREAM_LIMIT: '2' };
const opened: AbortController[] = [];
afterEach(() => {
  for (const stop of opened.splice(0)) stop.abort();
});

async function open(url: string, headers: Record<string, string>) {
  const stop = new AbortController();
  opened.push(stop);
  const response = await fetch(url, { headers, signal: stop.signal });
  return { response, status: response.status, close: () => stop.abort() };
}

/** One user has two streams and no third, another user has one, and a closed stream makes room. */
async function expectLimit(openOwn: () => ReturnType<typeof open>, openOther: () => ReturnType<typeof open>) {
  const first = await openOwn();
  expect([first.status, (await openOwn()).status]).toEqual([200, 200]);
  const { response: refused } = await openOwn();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
  expect((await openOther()).status).toBe(200);
  first.close();
  await expect.poll(async () => (await openOwn()).status).toBe(200);
  return refused.json();
}

describeApps(
  'the event streams of one user',
  (place) => {
    it('are limited', async () => {
      const [user, other] = await place.app.pair();
      const path = `${place.url}/client/events`;
      const error = await expectLimit(
        () => open(path, user.headers),
        () => open(path, other.headers),
      );
      expect(error.meta.code).toBe(503);
    });
  },
  environment,
);

describeEachDatabase('ppmessage: the event streams of one user', (databases) => {
  const desk = useDesk(databases, environment);

  it('are limited', async () => {
    const { kefu } = desk;
    const path = `${desk.server.url}/ppmessage/events?user_uuid=`;
    const headers = { Authorization: `OAuth ${kefu.token}` };
    const [user, other] = [await kefu.newCustomer(), await kefu.newCustomer()];
    const error = await expectLimit(
      () => open(path + user, headers),
      () => open(path + other, headers),
    );
    expect(error).toMatchObject({ error_code: '17', error_string: expect.stringContaining('open event streams') });
  });
});
