import { credentialsOf, get, post, type RequestText } from './requests.ts';

/** One real operation of the whole server. */
export interface RealOperation {
  name: string;
  request: RequestText;
  /** Its share of the requests of an operation without a database. */
  share: number;
}

/** The members of GoBelieve's groups. */
const MEMBERS = 100;

/** The operations that the bench measures, with credentials of a running server. */
export async function realOperations(port: number): Promise<RealOperation[]> {
  const origin = `http://127.0.0.1:${port}`;
  const { tower, ucenter } = (await (await fetch(`${origin}/sandbox/credentials`)).json()) as Record<
    'tower' | 'ucenter',
    Credentials
  >;
  const ownToken = await signIn(`${origin}/tower/oauth/token`, tower);
  const { client_id, client_secret } = tower;
  const introspected = new URLSearchParams({ client_id, client_secret, token: ownToken }).toString();
  const { data } = await signInAt(`${origin}/ucenter/api/oauth/accessToken`, ucenter);
  const { basic, bearer } = await credentialsOf(port);
  const [group, superGroup] = [await createGroup(origin, basic, false), await createGroup(origin, basic, true)];
  const json = (path: string, body: object) =>
    post(`/gobelieve${path}`, JSON.stringify({ content: '{"text":"hello"}', ...body }), 'application/json', basic);
  return [
    {
      name: 'Tower: getCurrentMember',
      request: get(`/tower/api/v1/teams/${tower.team_id}/member`, `Bearer ${ownToken}`),
      share: 1,
    },
    { name: 'Tower: introspectToken', request: post('/tower/oauth/introspect', introspected), share: 1 },
    { name: 'UCenter: getUser', request: get('/ucenter/api/user', `Bearer ${data?.access_token}`), share: 1 },
    {
      name: 'GoBelieve: sendPeerMessage',
      request: json('/messages/peers', { sender: 10001, receiver: 10002 }),
      share: 0.5,
    },
    {
      name: `GoBelieve: sendGroupMessage, ${MEMBERS} members`,
      request: json('/messages/groups', { sender: 10001, receiver: group }),
      share: 0.5,
    },
    {
      name: `GoBelieve: sendGroupMessage, super group, ${MEMBERS} members`,
      request: json('/messages/groups', { sender: 10001, receiver: superGroup }),
      share: 0.5,
    },
    { name: 'GoBelieve: sendNotification', request: json('/messages/notifications', { receiver: 10002 }), share: 1 },
    { name: 'GoBelieve: listMessages, 1024 messages', request: get('/gobelieve/messages', bearer), share: 0.05 },
  ];
}

interface Credentials {
  client_id: string;
  client_secret: string;
  team_id?: string;
  user: Record<string, string>;
}

async function signInAt(url: string, { client_id, client_secret, user }: Credentials) {
  const body = new URLSearchParams({ grant_type: 'password', client_id, client_secret, ...user });
  return (await (await fetch(url, { method: 'POST', body })).json()) as {
    access_token: string;
    data?: { access_token: string };
  };
}

const signIn = async (url: string, credentials: Credentials) => (await signInAt(url, credentials)).access_token;

async function createGroup(origin: string, authorization: string, isSuper: boolean): Promise<number> {
  const members = Array.from({ length: MEMBERS }, (_, index) => ({ uid: 20_000 + index }));
  const response = await fetch(`${origin}/gobelieve/groups`, {
    method: 'POST',
    headers: { Authorization: authorization, 'Content-Type': 'application/json' },
    body: JSON.stringify({ master: 20_000, name: 'bench', super: isSuper, members }),
  });
  return ((await response.json()) as { data: { group_id: number } }).data.group_id;
}
