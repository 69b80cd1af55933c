import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { useTower } from './flow.ts';

// RFC 9700 §2.6: the authorization endpoint does not support CORS, for browsers are sent there.
describeEachDatabase('CORS', (databases) => {
  const tower = useTower(databases);
  const corsHeaders = async (path: string, method: string) => {
    const response = await fetch(tower.server.url + path, {
      method,
      redirect: 'manual',
      headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' },
    });
    await response.body?.cancel();
    return [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));
  };

  it.each([
    '/tower/oauth/authorize',
    '/tower/oauth/%61uthorize',
    '/tower/oauth/authorize/native',
    '/tower/oauth/sign_in',
    '/tower/oauth/sign_out',
    '/tower/app_center/teams/1/applications',
    '/ucenter/oauth/authorize',
    '/ucenter/oauth/sign_in',
    '/ucenter/oauth/account',
    '/ppmessage/ppauth/auth',
  ])('is not allowed on the page %s', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) expect(await corsHeaders(path, method), method).toEqual([]);
  });

  it.each([
    '/tower/oauth/token',
    '/tower/nothing/here',
    '/ucenter/api/oauth/accessToken',
    '/ppmessage/ppauth/token',
    '/gobelieve/unread',
  ])('is allowed at %s', async (path) => {
    for (const method of ['POST', 'OPTIONS'])
      expect(await corsHeaders(path, method), method).toContain('access-control-allow-origin');
  });
});
