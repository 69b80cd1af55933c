import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { commands } from '../../src/gobelieve/socket/protocol.ts';
import { credentialsOf, get, post } from './requests.ts';
import { SocketUser } from './socket-user.ts';

/**
 * Many clients at once, in a process of their own: `crowd.ts <case> <port> <clients>`. Prepares the case and sends the
 * port; the first message starts it, and the figures are the answer.
 */

const MESSAGES = 20;
const READERS = 2000;
const LOAD_MS = 5000;

/** The second user of the sandbox, whose token `credentialsOf` has. */
const DEMO_UID = 10_002;

interface Figures {
  /** What was done. */
  count: number;
  /** The longest that one client waited. */
  worstMs: number;
}

type Case = (port: number, clients: number) => Promise<() => Promise<Figures>>;

const cases: Record<string, Case> = {
  /** Members of one group, each on a stream, and group messages. */
  readers: (port, clients) => openReaders(port, clients, MESSAGES),

  /** Idle streams of one user, and of the members of one group, who get one message. */
  async streams(port, clients) {
    const { bearer } = await credentialsOf(port);
    await inParallel(Array.from({ length: clients - READERS }), 50, () => openStream(port, bearer));
    return openReaders(port, READERS, 1);
  },

  /** Idle sockets, and those of the members of a super group that has four times as many more, who get one message. */
  async sockets(port, clients) {
    const { basic, bearer } = await credentialsOf(port);
    const idle = Array.from({ length: clients - READERS });
    await inParallel(idle, 50, () => SocketUser.open(port, DEMO_UID, bearer.slice('Bearer '.length)));
    const uids = Array.from({ length: READERS }, (_, index) => 20_001 + index);
    const tokens = await grantTokens(port, uids, basic);
    const offline = Array.from({ length: 4 * READERS }, (_, index) => 40_001 + index);
    const gid = await createGroup(port, [...uids, ...offline], basic, { super: true });
    const members = await inParallel(tokens, 50, (token, index) => SocketUser.open(port, uids[index] as number, token));
    return async () => {
      const started = performance.now();
      members[0]?.say(commands.groupMessage, gid, '{"text":"hello"}');
      await Promise.all(members.slice(1).map((member) => member.until(commands.groupMessage, 1)));
      return { count: READERS, worstMs: performance.now() - started };
    };
  },

  /** Streams of the user who gets the messages of the bench. */
  async idle(port, clients) {
    const { bearer } = await credentialsOf(port);
    await inParallel(Array.from({ length: clients }), 50, () => openStream(port, bearer));
    return async () => nothing;
  },

  /** Clients that read over keep-alive connections, without a pause. */
  async clients(port, clients) {
    const { bearer } = await credentialsOf(port);
    const sockets = await inParallel(Array.from({ length: clients }), 50, () => open(port));
    const request = get('/gobelieve/messages/offline', bearer)(port);
    return () => measure((isOver) => sockets.map((socket) => repeat(isOver, () => exchange(socket, request))));
  },

  /** Four clients that upload files of 5 MB, beside others that write messages. The figures are of the uploads. */
  async uploads(port, clients) {
    const { basic, bearer } = await credentialsOf(port);
    const sockets = await inParallel(Array.from({ length: clients }), 50, () => open(port));
    const message = JSON.stringify({ sender: 10001, receiver: 10002, content: '{"text":"hello"}' });
    const request = post('/gobelieve/messages/peers', message, json, basic)(port);
    return () =>
      measure((isOver) => {
        const writing = sockets.map((socket) => repeat(isOver, () => exchange(socket, request)));
        const uploading = Array.from({ length: 4 }, () => repeat(isOver, () => upload(port, bearer)));
        return [...uploading, ...writing.map((work) => work.then(() => nothing))];
      });
  },
};

async function openReaders(port: number, clients: number, messages: number): Promise<() => Promise<Figures>> {
  const { basic } = await credentialsOf(port);
  const uids = Array.from({ length: clients }, (_, index) => 20_001 + index);
  const tokens = await grantTokens(port, uids, basic);
  const gid = await createGroup(port, uids, basic);
  let received = 0;
  let finish = () => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await inParallel(tokens, 50, async (token) => {
    const socket = await openStream(port, `Bearer ${token}`);
    let count = 0;
    socket.on('data', (chunk: Buffer) => {
      count += chunk.toString('latin1').split(marker).length - 1;
      if (count >= messages && received++ === clients - 1) finish();
    });
  });
  const message = JSON.stringify({ sender: uids[0], receiver: gid, content: `{"text":"${marker}"}` });
  return async () => {
    const started = performance.now();
    const sent = Array.from({ length: messages }, () =>
      answerTo(port, post('/gobelieve/messages/groups', message, json, basic)(port)),
    );
    await Promise.all([...sent, all]);
    return { count: clients * messages, worstMs: performance.now() - started };
  };
}

const grantTokens = (port: number, uids: readonly number[], basic: string): Promise<string[]> =>
  inParallel(uids, 8, async (uid) => {
    const grant = JSON.stringify({ uid, user_name: String(uid) });
    const { data } = (await answerTo(port, post('/gobelieve/auth/grant', grant, json, basic)(port))) as Granted;
    return data.token;
  });

async function createGroup(port: number, uids: readonly number[], basic: string, more: object = {}): Promise<number> {
  const members = uids.map((uid) => ({ uid, name: 'name' }));
  const group = JSON.stringify({ master: uids[0], name: 'all', members, ...more });
  const made = (await answerTo(port, post('/gobelieve/groups', group, json, basic)(port))) as Made;
  return made.data.group_id;
}

async function openStream(port: number, authorization: string): Promise<Socket> {
  const socket = await open(port);
  socket.write(get('/gobelieve/client/events', authorization)(port));
  await until(socket, 'event: connected');
  return socket;
}

const json = 'application/json';
const marker = 'group-message-of-the-bench';
const nothing: Figures = { count: 0, worstMs: 0 };

interface Granted {
  data: { token: string };
}

interface Made {
  data: { group_id: number };
}

async function measure(start: (isOver: () => boolean) => Promise<Figures>[]): Promise<Figures> {
  const end = performance.now() + LOAD_MS;
  const all = await Promise.all(start(() => performance.now() > end));
  return all.reduce((sum, { count, worstMs }) => ({
    count: sum.count + count,
    worstMs: Math.max(sum.worstMs, worstMs),
  }));
}

async function repeat(isOver: () => boolean, work: () => Promise<unknown>): Promise<Figures> {
  let count = 0;
  let worstMs = 0;
  while (!isOver()) {
    const started = performance.now();
    await work();
    worstMs = Math.max(worstMs, performance.now() - started);
    count += 1;
  }
  return { count, worstMs };
}

async function upload(port: number, bearer: string): Promise<void> {
  const body = new FormData();
  body.set('file', new File([randomBytes(5_000_000)], 'file.bin'));
  const init = { method: 'POST', body, headers: { Authorization: bearer } };
  const response = await fetch(`http://127.0.0.1:${port}/gobelieve/v2/files`, init);
  if (response.status !== 200) throw new Error(`An upload got ${response.status}`);
  await response.text();
}

async function inParallel<In, Out>(
  items: readonly In[],
  width: number,
  work: (item: In, index: number) => Promise<Out>,
) {
  const results: Out[] = [];
  const entries = items.entries();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const [index, item] of entries) results[index] = await work(item, index);
    }),
  );
  return results;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** Sends a request and reads the response, whose length is in its head. */
async function exchange(socket: Socket, request: string): Promise<string> {
  socket.write(request);
  return until(socket, (text) => {
    const end = text.indexOf('\r\n\r\n');
    return end >= 0 && text.length >= end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1]);
  });
}

async function answerTo(port: number, request: string): Promise<unknown> {
  const socket = await open(port);
  const text = await exchange(socket, request);
  socket.destroy();
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n')));
}

function until(socket: Socket, end: string | ((text: string) => boolean)): Promise<string> {
  const isEnd = typeof end === 'string' ? (text: string) => text.includes(end) : end;
  return new Promise((resolve, reject) => {
    let text = '';
    const onClose = () => reject(new Error('The connection was closed'));
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.startsWith('HTTP/1.1 200')) reject(new Error(`Unexpected answer: ${text.slice(0, 300)}`));
      if (!isEnd(text)) return;
      socket.off('data', onData).off('close', onClose);
      resolve(text);
    };
    socket.on('data', onData).on('close', onClose);
  });
}

const [name = '', port = '', clients = ''] = process.argv.slice(2);
const run = await cases[name]?.(Number(port), Number(clients));
process.send?.(Number(port));
process.once('message', async () => {
  process.send?.(await run?.());
  process.exit();
});
