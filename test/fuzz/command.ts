import { parseArgs } from 'node:util';
import { apis } from '../../src/app.ts';
import type { Api } from '../../src/http/api.ts';
import { toCurl } from '../../src/verify/curl.ts';
import type { Wire } from '../../src/verify/exchange.ts';
import { type Answer, createJudge } from '../../src/verify/judge.ts';
import { compiler } from '../../src/verify/schemas.ts';
import { send } from '../../src/verify/send.ts';
import { keepFound } from './found.ts';
import { type Failure, fuzzOperation } from './fuzz-operation.ts';
import { readBundle, sampleStarts, startsWithCredentials } from './material.ts';
import { type OwnServer, startOwnServer } from './own-server.ts';

const DEFAULT_SEED = 20261122;
const DEFAULT_RUNS = 300;

interface Output {
  log(line: string): void;
  error(line: string): void;
}

/** A run that could not begin. The message says what to change. */
class UsageError extends Error {}

/** Runs `npm run fuzz`. Returns the exit code. */
export async function runFuzz(args: string[], output: Output): Promise<0 | 1 | 2> {
  try {
    const failures = await fuzz(readOptions(args), output);
    return failures > 0 ? 1 : 0;
  } catch (error) {
    output.error((error as Error).message);
    return 2;
  }
}

interface Options {
  apis: readonly Api[];
  operation: string | undefined;
  runs: number;
  seed: number;
  run: number | undefined;
  keep: boolean;
  url: string | undefined;
  credentials: string | undefined;
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: 'string' },
      operation: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      run: { type: 'string' },
      keep: { type: 'boolean', default: false },
      url: { type: 'string' },
      credentials: { type: 'string' },
    },
  });
  const { api: name, operation, url, credentials, keep } = values;
  const api = apis.find((one) => one.name === name);
  if (name !== undefined && api === undefined)
    throw new UsageError(`--api must be one of ${apis.map((one) => one.name).join(', ')}, not ${name}`);
  if (api === undefined && (operation ?? url) !== undefined) throw new UsageError('--operation and --url need --api');
  if (credentials !== undefined && url === undefined) throw new UsageError('--credentials needs --url');
  if (url !== undefined && !(URL.canParse(url) && /^https?:/.test(url)))
    throw new UsageError(`--url must be an address that begins with http:// or https://, not ${url}`);
  if (keep && url !== undefined) throw new UsageError('--keep is for the own server: another has other data');
  const run = toNumber('run', values.run);
  if (run !== undefined && operation === undefined) throw new UsageError('--run needs --operation');
  return {
    apis: api === undefined ? apis : [api],
    operation,
    runs: toNumber('runs', values.runs) ?? Math.max(DEFAULT_RUNS, (run ?? 0) + 1),
    seed: toNumber('seed', values.seed) ?? DEFAULT_SEED,
    run,
    keep,
    url,
    credentials,
  };
}

function toNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(`--${name} must be a whole number from 0 to 999999999, not ${text}`);
  return Number(text);
}

async function fuzz(options: Options, output: Output): Promise<number> {
  const own = options.url === undefined ? await startOwnServer() : undefined;
  try {
    if (options.url !== undefined) await requireAnswer(options.url);
    let failures = 0;
    for (const api of options.apis) failures += await fuzzApi(api, options, own, output);
    return failures;
  } finally {
    await own?.close();
  }
}

async function requireAnswer(url: string): Promise<void> {
  await send(url, { method: 'GET', target: '/', headers: {} }).catch((error: Error) => {
    throw new UsageError(`${url} does not answer: ${error.message}`);
  });
}

async function fuzzApi(api: Api, options: Options, own: OwnServer | undefined, output: Output): Promise<number> {
  const { runs, seed, run, credentials } = options;
  const base = options.url ?? `${own?.url}/${api.name}`;
  const contract = readBundle(api.name);
  // Another server may answer more than the contract says.
  const judge = createJudge(contract, { strict: own !== undefined });
  const target = { base, judge, contract };
  const operations = [...judge.operations.values()];
  const chosen = operations.filter(({ id }) => options.operation === undefined || id === options.operation);
  if (chosen.length === 0) throw new UsageError(`${api.name} has no operation ${options.operation}`);
  const startsOf =
    credentials === undefined ? sampleStarts(api) : await startsWithCredentials(api, credentials, judge, base);
  const compile = compiler(contract);
  const start = performance.now();
  let requests = 0;
  let count = 0;
  for (const operation of chosen) {
    await own?.reset();
    const onAnswer = async (answer: Answer, wire: Wire) => {
      requests += 1;
      if (own !== undefined && hasEndedSomething(wire, answer, operation.id)) await own.reset();
    };
    const material = { contract, compile, operations, starts: startsOf(operation) };
    const failures = await fuzzOperation(target, operation, material, { seed, runs, only: run, onAnswer });
    for (const failure of failures) output.error(describe(api.name, base, options, failure));
    if (options.keep) keepFound(api.name, failures);
    count += failures.length;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const found = count === 1 ? '1 failure' : `${count} failures`;
  output.log(`${api.name}: ${chosen.length} operations, ${requests} requests, seed ${seed}, ${seconds} s, ${found}`);
  return count;
}

/** What was deleted is there again for the next request. */
const hasEndedSomething = ({ method }: Wire, { status }: Answer, id: string): boolean =>
  status < 400 &&
  (method === 'DELETE' || /^(delete|remove|dissolve|revoke|leave|logOut|rotate|updatePassword|reset)/.test(id));

function describe(
  api: string,
  base: string,
  { seed, url, credentials }: Options,
  { operation, run, what, problem, wire }: Failure,
): string {
  const place = [
    ...(url === undefined ? [] : [`--url ${url}`]),
    ...(credentials === undefined ? [] : [`--credentials ${credentials}`]),
  ];
  const options = [`--api ${api} --operation ${operation} --seed ${seed} --run ${run}`, ...place].join(' ');
  return `${api} ${operation} (${what}): ${problem}\n  ${toCurl(base, wire)}\n  npm run fuzz -- ${options}\n`;
}
