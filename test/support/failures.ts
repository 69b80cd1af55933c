/** Requests that need the database, and how each API says that the failure is the server's. */
const requests = {
  '/tower/api/v1/teams/1/member': { errors: [{ status: '500', code: 'internal' }] },
  '/gobelieve/messages/offline?uid=1': { meta: { code: 500 } },
  '/ucenter/api/user': { code: -1, message: '系统错误', data: {} },
  '/ppmessage/api/PP_GET_APP_INFO': { error_code: '17', uri: '/PP_GET_APP_INFO' },
};

/** What `askAll` returns while the database fails. */
export const failures = Object.entries(requests).map(([path, body]) => ({ path, status: 500, body }));

/** Sends each of the requests with an unknown token. */
export function askAll(url: string) {
  const headers = { Authorization: 'Bearer nonsense', 'Content-Type': 'application/json' };
  const asked = Object.keys(requests).map(async (path) => {
    const init = path.startsWith('/ppmessage') ? { method: 'POST', body: '{}' } : {};
    const response = await fetch(url + path, { ...init, headers });
    return { path, status: response.status, body: await response.json() };
  });
  return Promise.all(asked);
}
