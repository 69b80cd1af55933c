import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp, createMockApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createIntake } from '../../src/files/intake.ts';
import type { Api } from '../../src/http/api.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { type Exchange, exampleExchange, toWire, type Wire } from '../../src/verify/exchange.ts';
import type { Answer } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { send } from '../../src/verify/send.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { Proofs } from '../support/evidence.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Checker, createChecker } from './checker.ts';

/**
 * Statuses that the harness produces itself for every operation that declares them. A written case for one of them is
 * performed too.
 */
export type Automatic = 400 | 406 | 408 | 413 | 415 | 500 | 501 | 503;

/**
 * One way to get one status: a request, or a function that prepares the data and returns the request. It may use the
 * whole world, but must leave it so that the other cases work.
 */
export type Case<World> = Exchange | ((world: World) => Exchange | Promise<Exchange>);

/** A case that is still to be written: fails and says so. */
export const todo: Case<unknown> = () => {
  throw new Error('This case is still to be written');
};

type CasesOf<World> = Case<World> | readonly Case<World>[];

/** The error numbers that the contract lists for a status; `never` where it lists none. */
type CodesOf<Response, Member extends string> = Response extends { content: infer Content }
  ? Content[keyof Content] extends Record<Member, infer Code extends string | number>
    ? string extends Code
      ? never
      : Extract<Code, string>
    : never
  : never;

/** The cases of one status, by error number where the contract lists numbers. */
type CasesOfStatus<Response, World, Member extends string, Made extends string> = [CodesOf<Response, Member>] extends [
  never,
]
  ? CasesOf<World>
  : { readonly [Code in Exclude<CodesOf<Response, Member>, Made>]: CasesOf<World> } & {
      readonly [Code in Extract<CodesOf<Response, Member>, Made>]?: CasesOf<World>;
    };

/**
 * The cases of every operation for every status that it declares, and for every error number in an API that has them.
 * A missing or an undeclared one does not compile.
 */
export type Cases<Operations, World, Member extends string = never, Made extends string = never> = {
  readonly [Id in keyof Operations]: Operations[Id] extends { responses: infer Responses }
    ? {
        readonly [Status in Exclude<keyof Responses, Automatic>]: CasesOfStatus<Responses[Status], World, Member, Made>;
      } & {
        readonly [Status in Extract<keyof Responses, Automatic>]?: CasesOf<World>;
      }
    : never;
};

/** The error numbers of an API that writes them in the body. */
export interface ErrorNumbers<World, Member extends string = string, Made extends string = string> {
  /** The member with the number. */
  member: Member;
  /** By number, how to change a valid request so that it fails with the number. Empty where that is impossible. */
  made: Readonly<
    Record<Made, (operation: Operation, success: Exchange, world: World) => Spoiled[] | Promise<Spoiled[]>>
  >;
}

export interface Spoiled {
  what: string;
  exchange: Exchange;
}

/** What the harness needs of an API. */
// biome-ignore lint/suspicious/noExplicitAny: by default the suite of some API
export interface Suite<Operations = any, World = any, Member extends string = any, Made extends string = any> {
  api: Api;
  cases: Cases<Operations, World, Member, Made>;
  errorNumbers?: ErrorNumbers<World, Member, Made>;
  /** Creates the shared data of the cases: demo credentials, helpers. `url` is the base URL of the API. */
  createWorld(url: string, server: TestServer): World | Promise<World>;
  /** The APIs that its server has. Defaults to this one alone. */
  served?: readonly Api[];
  /** Environment variables; small limits make 429 fast. */
  environment?: Record<string, string>;
}

/**
 * Proves that a server follows its contract: every operation produces every status that it declares, on both databases
 * and on the mock, and an independent checker validates each answer. The refusals that the harness makes end before the
 * operation, so one database is enough for them. A status or error number that is never produced fails, and so does an
 * undeclared answer.
 */
export function testContract(suite: Suite): void {
  const { name } = suite.api;
  const checker = createChecker(name);
  describeEachDatabase(
    (engine) => engine,
    (databases) => {
      const start = async () =>
        startServer({ ...suite.environment, DATABASE_URL: await databases.createUrl() }, suite.served ?? [suite.api]);
      testServer(suite, checker, start, databases.engine === 'sqlite');
    },
  );
  describe('mock', () => testMock(suite, checker));
}

/** The case of success of an operation: the first one of its lowest status. */
export async function successOf(suite: Suite, operation: Operation, world: unknown): Promise<Exchange> {
  return perform(successCases(suite, operation)[0] as Case<unknown>, world);
}

export function successCases(suite: Suite, { id, responses, errorCodes }: Operation): readonly Case<unknown>[] {
  const status = Math.min(...responses.keys());
  const cases = casesOf(suite, id, status, errorCodes.get(status)?.[0]);
  if (status >= 400 || cases.length === 0) throw new Error(`${id} has no case of success`);
  return cases;
}

/** The same from a program that prefers JSON to a page. */
export const inJson =
  <World>(one: Case<World>) =>
  async (world: World): Promise<Exchange> => {
    const exchange = typeof one === 'function' ? await one(world) : one;
    return { ...exchange, headers: { ...exchange.headers, Accept: 'application/json' } };
  };

export const perform = async (one: Case<unknown>, world: unknown): Promise<Exchange> =>
  typeof one === 'function' ? one(world) : one;

/** The cases of a status, or of an error number where the cases have numbers. */
function casesOf(suite: Suite, id: string, status: number, code?: string): readonly Case<unknown>[] {
  const ofStatus = (suite.cases as Record<string, Record<number, CasesOf<unknown> | Numbered>>)[id]?.[status];
  const found = isNumbered(ofStatus) ? ofStatus[code ?? ''] : ofStatus;
  return found === undefined ? [] : ([found].flat() as Case<unknown>[]);
}

type Numbered = Readonly<Record<string, CasesOf<unknown>>>;

const isNumbered = (cases: CasesOf<unknown> | Numbered | undefined): cases is Numbered =>
  typeof cases === 'object' && !Array.isArray(cases) && Object.keys(cases).some((key) => /^-?\d+$/.test(key));

/** The outcomes of a status that need cases of their own. */
export function outcomesOf(suite: Suite, { id, errorCodes }: Operation, status: number): (string | undefined)[] {
  const cases = (suite.cases as Record<string, Record<number, CasesOf<unknown> | Numbered>>)[id]?.[status];
  return isNumbered(cases) ? [...(errorCodes.get(status) ?? [])] : [undefined];
}

/** Where the cases of a suite are tried. */
export interface Stage {
  /** The address of the API. */
  base: string;
  world: unknown;
  /** Undefined where the automatic cases are left out. */
  variants: Variants | undefined;
  config: Config;
}

/** An answer to one of the cases of an outcome. */
export interface Attempt {
  answer: Answer;
  /** How the request was made, where the harness made it. */
  what?: string;
  isForFields?: boolean | undefined;
}

/** Tries every case of an outcome: those that are written, those that the harness makes, and one for each JSON type. */
export async function* attempts(
  suite: Suite,
  operation: Operation,
  { status, code }: Outcome,
  { base, world, variants, config }: Stage,
): AsyncGenerator<Attempt> {
  const success = async () => toWire(operation, await successOf(suite, operation, world));
  const written = casesOf(suite, operation.id, status, code).map(
    (one): Request => ({
      make: async () => toWire(operation, await perform(one, world)),
    }),
  );
  const spoil = code === undefined ? undefined : suite.errorNumbers?.made[code];
  const spoiled = (spoil ? await spoil(operation, await successOf(suite, operation, world), world) : []).map(
    ({ what, exchange }): Request => ({ what, make: async () => toWire(operation, exchange) }),
  );
  const made = variants !== undefined && code === undefined ? (automatic[status]?.(operation) ?? []) : [];
  const changed = made.map(
    ({ change, ...rest }): Request => ({
      ...rest,
      base: variants?.urls[status],
      make: async () => change(await success(), limitOf(operation, config)),
    }),
  );
  const requests = [...written, ...spoiled, ...changed];
  const missing = new Set(operation.responses.get(status)?.filter((type) => type.endsWith('json')));
  const attempt = async ({ what, isForFields, ...options }: Request, wire: Wire): Promise<Attempt> => {
    const answer = await send(options.base ?? base, wire, options);
    missing.delete(String(answer.headers['content-type']).split(';')[0] as string);
    return { answer, what, isForFields };
  };
  let sent: { request: Request; wire: Wire } | undefined;
  for (const request of requests) {
    sent = { request, wire: await request.make() };
    yield attempt(request, sent.wire);
  }
  // What decides 406 is the header that would ask for another type.
  if (sent === undefined || variants === undefined || status === 406) return;
  for (const type of missing) {
    // What was refused can be sent again.
    const wire = status < 400 ? await sent.request.make() : sent.wire;
    const accept = orAny(type);
    yield attempt({ ...sent.request, what: accept }, { ...wire, headers: { ...wire.headers, Accept: accept } });
  }
  expect([...missing], 'JSON types that an answer never has').toEqual([]);
}

/** Prefers a type; pages and streams have only their errors in JSON. */
const orAny = (type: string) => `${type}, */*;q=0.1`;

/** How to make the request of an attempt. */
interface Request extends Omit<Change, 'what' | 'change'> {
  make(): Promise<Wire>;
  what?: string;
  /** Where another server is to answer. */
  base?: string | undefined;
}

function testServer(suite: Suite, checker: Checker, start: () => Promise<TestServer>, withAutomatic: boolean): void {
  const ledger = new Ledger(checker, new Proofs(suite.api.name, withAutomatic ? 'sqlite' : 'postgresql'));
  /** Whether the status has cases here: without the automatic ones only those that are written. */
  const isTested = (id: string, status: number) =>
    withAutomatic ||
    automatic[status] === undefined ||
    (suite.cases as Record<string, Record<number, unknown>>)[id]?.[status] !== undefined;
  let server: TestServer;
  let variants: Variants | undefined;
  let world: unknown;
  let base: string;

  beforeAll(async () => {
    server = await start();
    base = `${server.url}/${suite.api.name}`;
    world = await suite.createWorld(base, server);
    variants = withAutomatic ? await startVariants(suite.api, server) : undefined;
  });
  afterAll(async () => {
    await variants?.close();
    await server?.close();
  });

  for (const operation of checker.operations.values()) {
    const { id } = operation;
    describe(id, () => {
      const statuses = [...operation.responses.keys()].filter((status) => isTested(id, status));
      const outcomes = statuses.flatMap((status) =>
        outcomesOf(suite, operation, status).map((code) => ({ status, code })),
      );
      for (const { status, code } of outcomes) {
        it(code === undefined ? String(status) : `${status} ${code}`, async () => {
          let tried = 0;
          const stage = { base, world, variants, config: server.context.config };
          for await (const { answer, what, isForFields } of attempts(suite, operation, { status, code }, stage)) {
            tried += 1;
            // Some APIs report a wrong field by an error number with the status of success.
            const isErrorNumber = isForFields && isFailure(operation, checker, answer);
            ledger.check(operation, { status: isErrorNumber ? answer.status : status, code }, answer, what);
            if (status === 500) expect(answer.body.toString()).not.toContain(variants?.secret);
          }
          if (tried === 0) expect.fail(`${id} has no case for ${status} ${code ?? ''}: write one`);
        });
      }

      if (operation.method !== 'GET' || !withAutomatic) return;
      it('answers HEAD like GET, without a body', async () => {
        const wire = toWire(operation, await successOf(suite, operation, world));
        const answer = await send(base, { ...wire, method: 'HEAD' });
        expect([answer.status, answer.body.length]).toEqual([Math.min(...operation.responses.keys()), 0]);
      });
    });
  }

  it('produces every declared status and error number and no others', () => ledger.expectComplete(isTested));
  if (!withAutomatic) return;

  it('returns 405 to other methods and 404 to other paths in the format of the API', async () => {
    for (const path of new Set([...checker.operations.values()].map((operation) => operation.path))) {
      const here = [...checker.operations.values()].filter((operation) => operation.path === path);
      const method = ['PUT', 'DELETE', 'PATCH', 'POST', 'GET'].find(
        (name) => !here.some((operation) => operation.method === name),
      ) as string;
      const wire = toWire(here[0] as Operation, {});
      const failed = await send(base, { ...wire, method });
      expect([path, failed.status]).toEqual([path, 405]);
      for (const operation of here) expect(String(failed.headers.allow)).toContain(operation.method);
      const options = await send(base, { ...wire, method: 'OPTIONS' });
      expect([options.status, options.headers.allow, options.body.length]).toEqual([204, failed.headers.allow, 0]);
      expect(isFromApi(failed)).toBe(true);
    }
    const nowhere = await send(base, { method: 'GET', target: '/nowhere/at/all', headers: {} });
    expect([nowhere.status, isFromApi(nowhere)]).toEqual([404, true]);
  });

  it('shows no details of a lost database', async () => {
    const lost = await startServer({ ...suite.environment }, [suite.api]);
    await lost.context.database.destroy();
    try {
      for (const operation of checker.operations.values()) {
        const answer = await send(
          `${lost.url}/${suite.api.name}`,
          toWire(operation, await successOf(suite, operation, world)),
        );
        expect([operation.id, checker.problems(operation.id, answer)]).toEqual([operation.id, []]);
        expect(answer.body.toString()).not.toMatch(/sqlite|driver|destroyed|node_modules|\.ts:\d/i);
      }
    } finally {
      await lost.close().catch(() => {});
    }
  });
}

/** In bytes: forms and JSON have one limit, files another. */
function limitOf({ requestBody }: Operation, { bodyLimit, uploadLimit }: Config): number {
  const types = Object.keys(requestBody?.content ?? {});
  return types.every((type) => /json$|urlencoded$|^text\//.test(type)) ? bodyLimit : uploadLimit;
}

/** Whether the error number is not that of success, which the contract lists first. */
const isFailure = ({ errorCodes }: Operation, checker: Checker, answer: Answer) =>
  errorCodes.has(answer.status) && checker.errorCodeOf(answer) !== errorCodes.get(answer.status)?.[0];

/** Whether the error has a body of the API and a request id. */
const isFromApi = ({ headers, body }: Answer) =>
  body.length > 0 && headers['x-request-id'] !== undefined && /json|html/.test(String(headers['content-type']));

interface Change {
  what: string;
  /** Changes a valid request so that it fails. */
  change(wire: Wire, bodyLimit: number): Wire;
  chunked?: boolean;
  /** The last byte is not sent. */
  stalls?: boolean;
  /** The request can be read, but lacks fields. */
  isForFields?: boolean;
}

const multipart = 'multipart/form-data';

const withQuery = (target: string, pair: string) => `${target}${target.includes('?') ? '&' : '?'}${pair}`;

/** How to change a valid request so that it gets a status. Empty where the contract makes that impossible. */
const automatic: Record<number, (operation: Operation) => Change[]> = {
  400: ({ requestBody, parameters }) => {
    const changes: Change[] = [];
    const add = (what: string, change: Change['change'], isForFields = false) =>
      changes.push({ what, change, isForFields });
    add('broken percent-encoding in the query', (wire) => ({ ...wire, target: withQuery(wire.target, 'a=%E4%B8') }));
    for (const { name } of parameters.filter((parameter) => parameter.in === 'query' && parameter.required)) {
      const without = new RegExp(`([?&])${name}=[^&]*`);
      add(`${name} missing`, (wire) => ({ ...wire, target: wire.target.replace(without, '$1') }), true);
    }
    const types = Object.keys(requestBody?.content ?? {});
    if (types.some((type) => type.endsWith('json'))) {
      add('invalid JSON', (wire) => ({
        ...wire,
        headers: { ...wire.headers, 'Content-Type': 'application/json' },
        body: '{"a":',
      }));
      add('JSON that is not UTF-8', (wire) => ({
        ...wire,
        headers: { ...wire.headers, 'Content-Type': 'application/json' },
        body: Buffer.from('{"a":"\xff"}', 'latin1'),
      }));
    }
    if (types.includes('application/x-www-form-urlencoded')) {
      add('a broken form', (wire) => ({
        ...wire,
        headers: { ...wire.headers, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'a=%zz',
      }));
    }
    if (types.includes(multipart)) {
      add('a form without a boundary', (wire) => ({
        ...wire,
        headers: { ...wire.headers, 'Content-Type': multipart },
      }));
      add('a truncated form', (wire) => ({
        ...wire,
        headers: { ...wire.headers, 'Content-Type': `${multipart}; boundary=x` },
        body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb',
      }));
    }
    if (requestBody?.required) {
      // A form without fields is sent as no body.
      const isForm = types.includes('application/x-www-form-urlencoded');
      add(
        'no body',
        ({ body: _, headers: { 'Content-Type': __, ...headers }, ...wire }) => ({ ...wire, headers }),
        isForm,
      );
      if (!types.includes(multipart)) add('an empty body', (wire) => ({ ...wire, body: '' }), isForm);
    }
    return changes;
  },
  406: () => [
    {
      what: 'an unknown type',
      change: (wire) => ({ ...wire, headers: { ...wire.headers, Accept: 'text/csv' } }),
    },
    {
      what: 'no acceptable type',
      change: (wire) => ({ ...wire, headers: { ...wire.headers, Accept: 'font/*;q=0.5, */*;q=0' } }),
    },
  ],
  408: () => [{ what: 'a body that stops arriving', change: (wire) => wire, stalls: true }],
  413: () =>
    [false, true].map((chunked) => ({
      what: chunked ? 'a body of unknown length that is too long' : 'a body that is too long',
      change: (wire, limit) => ({ ...wire, body: lengthen(Buffer.from(wire.body ?? ''), limit) }),
      chunked,
    })),
  415: ({ requestBody }) => {
    const type = Object.keys(requestBody?.content ?? {})[0] ?? '';
    const sent = (contentType: string, body: string) => (wire: ReturnType<typeof toWire>) => ({
      ...wire,
      headers: { ...wire.headers, 'Content-Type': contentType },
      body,
    });
    const changes: Change[] = [];
    if (!requestBody?.acceptsAnyType) {
      changes.push(
        { what: 'XML', change: sent('text/xml', '<a/>') },
        {
          what: 'no media type',
          change: ({ headers: { 'Content-Type': _, ...headers }, ...wire }) => ({
            ...wire,
            headers,
            body: wire.body ?? 'a=b',
          }),
        },
      );
    }
    // Only text has a charset, and multipart bodies are never compressed.
    if (!requestBody?.acceptsAnyType && /json$|urlencoded$|^text\//.test(type))
      changes.push({ what: 'an unknown charset', change: sent(`${type}; charset=x-unknown`, 'a') });
    const last = Object.keys(requestBody?.content ?? {}).at(-1) ?? '';
    if (last !== multipart) {
      const headers = { ...(last !== type && { 'Content-Type': last }), 'Content-Encoding': 'x-unknown' };
      changes.push({
        what: 'an unknown compression',
        change: (wire) => ({ ...wire, headers: { ...wire.headers, ...headers } }),
      });
    }
    return changes;
  },
  500: () => [{ what: 'an operation that throws', change: (wire) => wire }],
  501: () => [{ what: 'the mock, which does not have it', change: (wire) => wire }],
  503: ({ requestBody }) =>
    requestBody === undefined ? [] : [{ what: 'no room for the body', change: (wire) => wire }],
};

/** Adds bytes to a body that stays valid: in a multipart body, to the last part. */
function lengthen(body: Buffer, by: number): Buffer {
  const end = body.lastIndexOf('\r\n--');
  const at = end < 0 ? body.length : end;
  return Buffer.concat([body.subarray(0, at), Buffer.alloc(by, 0x61), body.subarray(at)]);
}

/** The same server in states that make every request fail, by the status of the failure. */
export interface Variants {
  urls: Partial<Record<number, string>>;
  /** A text in the errors of the operations behind 500. */
  secret: string;
  close(): Promise<void>;
}

const IMPATIENT_MS = 200;

export async function startVariants(api: Api, { context }: TestServer): Promise<Variants> {
  const secret = `exploded-${randomUUID()}`;
  const explode = () => {
    throw new Error(secret);
  };
  const operations = Object.fromEntries(Object.keys(api.operations).map((id) => [id, explode]));
  const { config } = context;
  const apps = {
    408: createApp({ ...context, config: { ...config, bodyIdleMs: IMPATIENT_MS } }, { served: [api] }),
    500: createApp(context, { served: [{ ...api, operations }] }),
    501: createMockApp(context, { served: [api] }),
    503: createApp({ ...context, intake: createIntake({ bodyMemory: 0, uploadSpace: 0 }) }, { served: [api] }),
  };
  const servers = await Promise.all(
    Object.entries(apps).map(async ([status, app]) => ({ status, ...(await listen(app, anyPort)) })),
  );
  return {
    urls: Object.fromEntries(servers.map(({ status, url }) => [status, `${url}/${api.name}`])),
    secret,
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

const anyPort = { host: '127.0.0.1', port: 0, variable: 'PORT' };

/** The mock needs no written cases: its requests are the examples of the contract. */
function testMock({ api, environment }: Suite, checker: Checker): void {
  const ledger = new Ledger(checker, new Proofs(api.name, 'mock'));
  let server: TestServer;
  let mock: ListeningServer;
  let base: string;

  beforeAll(async () => {
    server = await startServer({ ...environment }, [api]);
    mock = await listen(createMockApp(server.context, { served: [api] }), anyPort);
    base = `${mock.url}/${api.name}`;
  });
  afterAll(async () => {
    await mock?.close();
    await server?.close();
  });

  for (const operation of checker.operations.values()) {
    describe(operation.id, () => {
      for (const [status, types] of operation.responses) {
        it(String(status), async () => {
          const { headers, ...wire } = toWire(operation, exampleExchange(operation));
          const ofErrors = ['*/*', ...types.filter((type) => type.endsWith('json')).map(orAny)];
          for (const accept of status < 300 && types.length > 0 ? types : ofErrors) {
            const answer = await send(base, {
              ...wire,
              headers: { ...headers, Accept: accept, Prefer: `code=${status}` },
            });
            ledger.check(operation, { status }, answer, `Accept: ${accept}`);
            if (accept !== '*/*')
              expect(String(answer.headers['content-type']).split(';')[0]).toBe(accept.split(',')[0]);
          }
          for (const { name, type } of operation.examples.get(status) ?? []) {
            const preferred = {
              ...headers,
              ...(status < 300 && { Accept: type }),
              Prefer: `code=${status}, example=${name}`,
            };
            ledger.check(operation, { status }, await send(base, { ...wire, headers: preferred }), `example ${name}`);
          }
        });
      }

      it('accepts every example of a request', async () => {
        const usual = Math.min(...operation.responses.keys());
        const { content = {} } = operation.requestBody ?? {};
        const bodies = Object.entries(content).flatMap(([type, { examples }]) =>
          examples.map((example) => ({ type, example })),
        );
        for (const body of bodies.length > 0 ? bodies : [{}]) {
          const wire = toWire(operation, exampleExchange(operation, { all: true, ...body }));
          ledger.check(
            operation,
            { status: usual },
            await send(base, { ...wire, headers: { ...wire.headers, Prefer: `code=${usual}` } }),
            JSON.stringify(body),
          );
        }
      });
    });
  }

  it('produces every declared status and error number and no others', () => ledger.expectComplete());
}

export interface Outcome {
  status: number;
  /** The error number, for a case of one. */
  code?: string | undefined;
}

/** The statuses and error numbers that each operation has produced. */
class Ledger {
  private readonly checker: Checker;
  private readonly proofs: Proofs;
  private readonly produced = new Set<string>();

  constructor(checker: Checker, proofs: Proofs) {
    this.checker = checker;
    this.proofs = proofs;
  }

  /** Fails unless the answer has this outcome and follows the contract. */
  check(operation: Operation, { status, code }: Outcome, answer: Answer, what = 'a case'): void {
    const { id, errorCodes } = operation;
    const problems = this.checker.problems(id, answer);
    const received = this.checker.errorCodeOf(answer);
    if (answer.status !== status || (code !== undefined && received !== code))
      problems.unshift(`status ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
    // Soft, so that one run shows all problems.
    expect.soft(problems, `${id} ${status} ${code ?? ''} by ${what}: ${problems.join('; ')}`).toEqual([]);
    if (problems.length === 0) this.proofs.add(operation, answer, received);
    this.produced.add(errorCodes.has(answer.status) ? `${id} ${answer.status} ${received}` : `${id} ${answer.status}`);
  }

  /** @param isTested whether a status is to be produced */
  expectComplete(isTested: (id: string, status: number) => boolean = () => true): void {
    const declared = [...this.checker.operations.values()].flatMap(({ id, responses, errorCodes }) =>
      [...responses.keys()].flatMap((status) => {
        if (!isTested(id, status)) return [];
        const codes = errorCodes.get(status);
        return codes === undefined ? [`${id} ${status}`] : codes.map((code) => `${id} ${status} ${code}`);
      }),
    );
    expect(declared.filter((one) => !this.produced.has(one))).toEqual([]);
    // Where the contract shows error numbers only in examples, others are allowed too.
    const statuses = new Set(declared.map((one) => one.split(' ', 2).join(' ')));
    expect([...this.produced].filter((one) => !statuses.has(one.split(' ', 2).join(' ')))).toEqual([]);
  }
}
