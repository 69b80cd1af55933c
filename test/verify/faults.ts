import type { FindingKind } from '../../src/verify/report.ts';
import type { Fault, Passing } from './faulty-proxy.ts';

/** A fault, and what the verification must find because of it. */
export interface Planted extends Fault {
  kind: FindingKind;
  what: string;
  /** Whether it shows only when the verification may write. */
  write?: boolean;
}

type Json = Record<string, unknown>;

/** Changes the JSON of successful answers. */
const inJson =
  (change: (body: Json) => unknown): Fault['answer'] =>
  (passing) => {
    const isJson = String(passing.headers['content-type']).includes('json');
    if (passing.status !== 200 || !isJson || passing.body.length === 0) return passing;
    const body = JSON.parse(passing.body.toString()) as Json;
    return { ...passing, body: Buffer.from(JSON.stringify(change(body) ?? body)) };
  };

const whenSuccessful =
  (change: (passing: Passing) => ReturnType<NonNullable<Fault['answer']>>): Fault['answer'] =>
  (passing) =>
    passing.status === 200 ? change(passing) : passing;

const withoutHeader =
  (name: string, status = 200): Fault['answer'] =>
  (passing) =>
    passing.status === status ? { ...passing, headers: { ...passing.headers, [name]: undefined } } : passing;

/** The operation takes the newest credentials that it has seen for those of everybody. */
function ignoreAuthentication(): Pick<Fault, 'ask' | 'answer'> {
  let good: string | undefined;
  return {
    ask: (asked) => (good === undefined ? asked : { ...asked, headers: { ...asked.headers, authorization: good } }),
    answer(passing, { headers }) {
      const isRefused = /"error_code":\s*"?[1-9]/.test(passing.body.toString());
      if (passing.status === 200 && !isRefused && typeof headers.authorization === 'string')
        good = headers.authorization;
      return passing;
    },
  };
}

/** The operation gives its newest successful answer to every request with the same credentials. */
function ignoreInput(): Pick<Fault, 'answer'> {
  const known = new Map<string, Passing>();
  return {
    answer(passing, { headers }) {
      const key = String(headers.authorization);
      const isRefused = /"code":(?!1\b)|"error_code":"?[1-9]/.test(passing.body.toString());
      if (passing.status === 200 && !isRefused) known.set(key, passing);
      return known.get(key) ?? passing;
    },
  };
}

/** Longer than the answers that the test allows. */
export const SLOW_MS = 4_000;

function slowOnce(): Pick<Fault, 'answer'> {
  let isOver = false;
  return {
    async answer(passing) {
      if (isOver) return passing;
      isOver = true;
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS + 500));
      return passing;
    },
  };
}

export const planted: Readonly<Record<string, readonly Planted[]>> = {
  tower: [
    {
      operation: 'getUser',
      kind: 'undeclared-status',
      what: 'success with a status that the contract does not have',
      answer: whenSuccessful((passing) => ({ ...passing, status: 203 })),
    },
    {
      operation: 'listTeams',
      kind: 'schema',
      what: 'ids that are numbers',
      answer: inJson((body) => ({ ...body, data: (body.data as Json[]).map((one) => ({ ...one, id: 7 })) })),
    },
    {
      operation: 'listProjects',
      kind: 'broken-body',
      what: 'a body that ends early',
      answer: whenSuccessful((passing) => ({ ...passing, body: passing.body.subarray(0, -10) })),
    },
    { operation: 'getProject', kind: 'header', what: 'no request id', answer: withoutHeader('x-request-id') },
    {
      operation: 'listMembers',
      kind: 'media-type',
      what: 'JSON that is called plain text',
      answer: whenSuccessful((passing) => ({
        ...passing,
        headers: { ...passing.headers, 'content-type': 'text/plain' },
      })),
    },
    { operation: 'listTodolists', kind: 'authentication', what: 'no check of the token', ...ignoreAuthentication() },
    {
      operation: 'listComments',
      kind: 'server-error',
      what: 'a failure that the contract declares',
      answer: whenSuccessful((passing) => ({ ...passing, status: 500 })),
    },
    {
      operation: 'createTopic',
      kind: 'undeclared-status',
      what: '201 in place of 200',
      write: true,
      answer: whenSuccessful((passing) => ({ ...passing, status: 201 })),
    },
  ],
  ucenter: [
    {
      operation: 'listUserRoles',
      kind: 'undeclared-code',
      what: 'an unknown error number',
      answer: inJson((body) => ({ ...body, code: 77 })),
    },
    { operation: 'getKeySet', kind: 'slow', what: 'an answer that takes long', ...slowOnce() },
    { operation: 'listUserPermissions', kind: 'network', what: 'no answer', answer: whenSuccessful(() => 'none') },
    {
      operation: 'listRoles',
      kind: 'header',
      what: 'a refusal without a challenge',
      answer: withoutHeader('www-authenticate', 401),
    },
    { operation: 'listLogs', kind: 'accepted-bad-input', what: 'no check of the page', ...ignoreInput() },
  ],
  ppmessage: [
    {
      operation: 'getAppInfo',
      kind: 'undeclared-code',
      what: 'an error number of another operation',
      answer: inJson((body) => (String(body.error_code) === '0' ? { ...body, error_code: '999' } : body)),
    },
    {
      operation: 'listServiceUsers',
      kind: 'schema',
      what: 'a missing member',
      answer: inJson(({ error_string: _, ...body }) => body),
    },
    {
      operation: 'getApiInfo',
      kind: 'broken-body',
      what: 'a page in place of JSON',
      answer: whenSuccessful((passing) => ({ ...passing, body: Buffer.from('<h1>Bad gateway</h1>') })),
    },
    { operation: 'listAppOrgGroups', kind: 'authentication', what: 'no check of the key', ...ignoreAuthentication() },
    { operation: 'getUserInfo', kind: 'accepted-bad-input', what: 'no check of the body', ...ignoreInput() },
    {
      operation: 'createConversation',
      kind: 'server-error',
      what: 'a failure that the contract does not declare',
      write: true,
      answer: whenSuccessful((passing) => ({ ...passing, status: 502 })),
    },
  ],
  gobelieve: [
    {
      operation: 'listClientGroups',
      kind: 'schema',
      what: 'a list that is an object',
      answer: inJson((body) => ({ ...body, data: {} })),
    },
    {
      operation: 'getSupporter',
      kind: 'broken-body',
      what: 'a connection that ends',
      answer: whenSuccessful(() => 'cut'),
    },
    {
      operation: 'listMessages',
      kind: 'media-type',
      what: 'JSON that is called HTML',
      answer: whenSuccessful((passing) => ({
        ...passing,
        headers: { ...passing.headers, 'content-type': 'text/html' },
      })),
    },
    {
      operation: 'streamEvents',
      kind: 'schema',
      what: 'an event that the contract does not have',
      answer: whenSuccessful((passing) => ({ ...passing, body: Buffer.from('event: surprise\ndata: {"a":1}\n\n') })),
    },
    {
      operation: 'createGroup',
      kind: 'authentication',
      what: 'no check of the server',
      write: true,
      ...ignoreAuthentication(),
    },
  ],
};
