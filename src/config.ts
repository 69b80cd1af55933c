import { type ApnsCredentials, type FcmCredentials, readApnsUrl, readFcmUrl } from './config-push.ts';
import {
  bytesFrom,
  flag,
  hostName,
  type LogFormat,
  level,
  logFormat,
  longEnough,
  oneOfSchemes,
  onOrOff,
  origin,
  port,
  positive,
  proxies,
  redis,
  store,
  wholeNumber,
} from './config-values.ts';
import type { ConfiguredApi } from './config-variables.ts';
import { ConfigError } from './errors.ts';

/** The configuration, checked and typed by `readConfig`. */
export interface Config {
  production: boolean;
  /** Whether there are demo data and sandbox pages. */
  sandbox: boolean;
  /** Whether the sandbox keeps the last requests in memory. */
  requestLog: boolean;
  /** Whether agents can call at `/mcp`. */
  mcp: boolean;
  host: string;
  port: number;
  /** Port of the mock beside the server; `undefined` for no mock. */
  mockPort: number | undefined;
  /** Without a trailing slash. */
  publicUrl: string | undefined;
  /** In the format of Express: a number of hops, or addresses and networks. */
  trustProxy: number | string[] | undefined;
  /** How many processes serve on this machine. */
  workers: number;
  /** The number of this process among them; `undefined` in the primary process, and where there is only one. */
  worker: number | undefined;
  /** How many worlds of the sandbox there may be. */
  worlds: number;
  /** A file with data that the sandbox adds to the demo data. */
  seedFile: string | undefined;
  /** API name by host name: `api.example.com` → `tower`. */
  hosts: ReadonlyMap<string, string>;
  databaseUrl: string;
  /** How many connections to PostgreSQL one node makes. */
  databasePool: number;
  /** How many queries and transactions of each API may wait for a connection. */
  databaseQueue: number;
  /** How long PostgreSQL may take for one query. */
  databaseTimeoutMs: number;
  migrateOnStart: boolean;
  redisUrl: string | undefined;
  /** How long Redis may take for one command. */
  redisTimeoutMs: number;
  mailUrl: string | undefined;
  smsUrl: string | undefined;
  wechatUrl: string | undefined;
  /** Takes the pushes that neither `apns` nor `fcm` take. */
  pushUrl: string | undefined;
  apns: ApnsCredentials | undefined;
  fcm: FcmCredentials | undefined;
  /** The store of uploads: `file:<folder>` or `s3://…`, see `createFiles`. */
  filesUrl: string;
  /** How long a bucket may be silent. */
  filesTimeoutMs: number;
  /** How long closing may take after a signal. */
  shutdownTimeoutMs: number;
  /** Encrypts secrets that are shown again, such as PPMessage's `api_secret`; `undefined` allows no such secrets. */
  secretKey: string | undefined;
  /** Whether the mock answers for operations without an implementation. */
  mockMissing: boolean;
  /** Largest request body, in bytes. */
  bodyLimit: number;
  /** Largest file, in bytes. */
  uploadLimit: number;
  /** How long a request body may stop arriving. */
  bodyIdleMs: number;
  /** Bytes that the bodies of requests under way may take in memory. */
  bodyMemory: number;
  /** Bytes that the files of requests under way may take on the disk. */
  uploadSpace: number;
  /** Event streams that one user may have open on one node; 0 for no limit. */
  streamLimit: number;
  /** Wrong passwords or codes for one account within five minutes. */
  wrongGuesses: number;
  /** Whether tokens, secrets and passwords in the query of a request count. */
  queryCredentials: boolean;
  /** Whether webhooks that callers register may go to private addresses, and without TLS. */
  privateWebhooks: boolean;
  /** Whether GoBelieve gives the token of a customer without the authorization of the app. */
  openCustomers: boolean;
  /** Wrong passwords or codes from one address or through one client within five minutes. */
  addressGuesses: number;
  /** Open ports for sockets that the APIs declare, by the name of their variable; 0 for any port. */
  socketPorts: Map<string, number>;
  /** Certificate and key of those ports that speak TLS, as PEM files. */
  socketTls: { certFile: string; keyFile: string } | undefined;
  /** Values of the limits that the APIs declare, by the name of their variable; read them with `limitOf`. */
  limits: ReadonlyMap<string, number>;
  /** What `/metrics` requires; `undefined` opens it in the sandbox and closes it elsewhere. */
  metricsToken: string | undefined;
  logLevel: string;
  /** Undefined: readable lines in a terminal, JSON everywhere else. With `json` everything on standard output is JSON. */
  logFormat: LogFormat | undefined;
  /** Whether npm started the process, through a shell that does not forward signals. */
  underNpm: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Each has an open file, of which a process may have a thousand by default. */
const MAX_WORLDS = 10_000;

/** More processes than any machine has use for; each takes memory and connections. */
const MAX_WORKERS = 1024;

/**
 * Reads and checks the environment.
 *
 * @param apis the APIs whose `<API>_HOST` and limits are read
 * @param options of the command line, by the variables that they stand for
 * @throws ConfigError that names every wrong variable
 */
export function readConfig(
  apis: readonly ConfiguredApi[],
  environment: Environment = process.env,
  options: Environment = {},
): Config {
  const problems: string[] = [];
  const read = <T>(name: string, parse: (value: string) => T, fallback: T): T => {
    const value = (options[name] ?? environment[name])?.trim();
    if (value === undefined || value === '') return fallback;
    try {
      return parse(value);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      return fallback;
    }
  };

  const production = environment.NODE_ENV === 'production';
  const sandbox = read('QIYUE_SANDBOX', flag, !production);
  const databaseUrl = read(
    'DATABASE_URL',
    oneOfSchemes('sqlite:', 'postgres:', 'postgresql:'),
    'sqlite:.qiyue/qiyue.db',
  );
  const hosts = new Map(apis.map(({ name }) => [`${name}.localhost`, name]));
  const limits = new Map<string, number>();
  for (const { name, limits: own = {} } of apis) {
    const host = read(`${name.toUpperCase()}_HOST`, hostName, undefined);
    if (host !== undefined) hosts.set(host, name);
    for (const [variable, { least, most, production: strict, sandbox: generous }] of Object.entries(own))
      limits.set(variable, read(variable, wholeNumber(least, most), sandbox ? generous : strict));
  }
  const socketTls = readTls(environment, problems);
  const socketPorts = new Map<string, number>();
  for (const [name, { port: usual, isTls }] of apis.flatMap(({ sockets }) => Object.entries(sockets?.ports ?? {}))) {
    const given = read(
      name,
      (value) => (value === 'off' ? undefined : port(value)),
      isTls && !socketTls ? undefined : usual,
    );
    if (given === undefined) continue;
    socketPorts.set(name, given);
    if (isTls && !socketTls) problems.push(`${name}: set IM_TLS_CERT and IM_TLS_KEY too`);
  }
  const bodyLimit = read('BODY_LIMIT', bytesFrom(1), 1_048_576);
  const uploadLimit = read('UPLOAD_LIMIT', bytesFrom(1), 20_971_520);
  const config: Config = {
    production,
    sandbox,
    requestLog: read('REQUEST_LOG', flag, sandbox),
    mcp: read('MCP', onOrOff, sandbox),
    host: environment.HOST?.trim() || (sandbox ? '127.0.0.1' : '::'),
    port: read('PORT', port, 3000),
    mockPort: read('MOCK_PORT', (value) => (value === 'off' ? undefined : port(value)), sandbox ? 4010 : undefined),
    publicUrl: read('PUBLIC_URL', origin, undefined),
    trustProxy: read('TRUST_PROXY', proxies, undefined),
    hosts,
    seedFile: read('QIYUE_SEED', (value) => value, undefined),
    worlds: read('WORLDS', wholeNumber(1, MAX_WORLDS), 500),
    workers: read('WORKERS', wholeNumber(1, MAX_WORKERS), 1),
    worker: read('QIYUE_WORKER', positive, undefined),
    databaseUrl,
    databasePool: read('DATABASE_POOL', positive, 10),
    databaseQueue: read('DATABASE_QUEUE', positive, 1000),
    databaseTimeoutMs: read('DATABASE_TIMEOUT', positive, 30_000),
    migrateOnStart: read('MIGRATE_ON_START', flag, sandbox || databaseUrl.startsWith('sqlite:')),
    redisUrl: read('REDIS_URL', redis, undefined),
    redisTimeoutMs: read('REDIS_TIMEOUT', positive, 1000),
    mailUrl: read('MAIL_URL', oneOfSchemes('smtp:', 'smtps:'), undefined),
    smsUrl: read('SMS_URL', oneOfSchemes('http:', 'https:'), undefined),
    wechatUrl: read('WECHAT_URL', oneOfSchemes('http:', 'https:'), undefined),
    pushUrl: read('PUSH_URL', oneOfSchemes('http:', 'https:'), undefined),
    apns: read('APNS_URL', readApnsUrl, undefined),
    fcm: read('FCM_URL', readFcmUrl, undefined),
    filesUrl: read('FILES_URL', store, 'file:.qiyue/files'),
    filesTimeoutMs: read('FILES_TIMEOUT', positive, 10_000),
    shutdownTimeoutMs: read('SHUTDOWN_TIMEOUT', positive, 25_000),
    secretKey: read('SECRET_KEY', longEnough, sandbox ? 'known to everybody, for the sandbox only' : undefined),
    mockMissing: read('MOCK_MISSING', flag, false),
    bodyLimit,
    uploadLimit,
    bodyIdleMs: read('BODY_IDLE_TIMEOUT', positive, 30_000),
    // Callers who are not known share half of the room, in which the largest body has to fit.
    bodyMemory: read('BODY_MEMORY', bytesFrom(2 * bodyLimit), Math.max(67_108_864, 4 * bodyLimit)),
    uploadSpace: read('UPLOAD_SPACE', bytesFrom(2 * uploadLimit), Math.max(1_073_741_824, 4 * uploadLimit)),
    streamLimit: read('STREAM_LIMIT', wholeNumber(0), sandbox ? 0 : 50),
    wrongGuesses: read('WRONG_GUESS_LIMIT', positive, sandbox ? 1000 : 10),
    queryCredentials: read('QUERY_CREDENTIALS', flag, true),
    privateWebhooks: read('PRIVATE_WEBHOOKS', flag, sandbox),
    openCustomers: read('OPEN_CUSTOMERS', flag, true),
    addressGuesses: read('ADDRESS_GUESS_LIMIT', positive, sandbox ? 5000 : 50),
    limits,
    socketPorts,
    socketTls,
    metricsToken: read('METRICS_TOKEN', longEnough, undefined),
    logLevel: read('LOG_LEVEL', level, 'info'),
    logFormat: read('LOG_FORMAT', logFormat, undefined),
    underNpm: environment.npm_lifecycle_event !== undefined,
  };
  if (config.seedFile !== undefined && !sandbox)
    problems.push('QIYUE_SEED: only a sandbox can have a seed; set QIYUE_SANDBOX=1, or unset it');
  if (config.workers > 1 && databaseUrl.startsWith('sqlite:'))
    problems.push(
      'WORKERS: several processes need PostgreSQL (DATABASE_URL): one process writes to an SQLite database',
    );
  else if (config.workers > 1 && config.redisUrl === undefined)
    problems.push('WORKERS: several processes need REDIS_URL, for limits and live events that they share');
  if (config.workers > 1 && sandbox)
    problems.push(
      'WORKERS: a sandbox has one process, to which its worlds, faults and request log belong; set WORKERS=1, or QIYUE_SANDBOX=0',
    );
  if (problems.length > 0) throw new ConfigError(`The configuration has errors:\n  ${problems.join('\n  ')}`);
  return config;
}

/** The value of a limit that an API declares. */
export function limitOf({ limits }: Config, name: string): number {
  const value = limits.get(name);
  if (value === undefined) throw new Error(`No API declares the limit ${name}`);
  return value;
}

function readTls(environment: Environment, problems: string[]): Config['socketTls'] {
  const [certFile, keyFile] = [environment.IM_TLS_CERT?.trim(), environment.IM_TLS_KEY?.trim()];
  if (certFile && keyFile) return { certFile, keyFile };
  if (certFile) problems.push('IM_TLS_KEY: set it together with IM_TLS_CERT');
  if (keyFile) problems.push('IM_TLS_CERT: set it together with IM_TLS_KEY');
  return undefined;
}
