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

interface Variable {
  name: string;
  /** One line for `--help`, defaults included. */
  help: string;
}

/** A whole number by which operators limit the callers of one API. */
export interface LimitVariable {
  /** One line for `--help`, without the defaults. */
  help: string;
  /** The least value allowed. */
  least: 0 | 1;
  /** The largest value allowed, where it is not `MAX_INTEGER`: bytes need more, times of the database less. */
  most?: number;
  /** Defaults. */
  production: number;
  sandbox: number;
}

/** A port on which an API serves sockets, beside the port of the server. */
export interface PortVariable {
  /** One line for `--help`, without the default. */
  help: string;
  /** The default. */
  port: number;
  /** Bytes in both directions, or WebSockets. */
  protocol: 'tcp' | 'websocket';
  /** Open only with a certificate. */
  isTls: boolean;
}

/** The part of an API that the configuration reads. */
export interface ConfiguredApi {
  name: string;
  sockets?: { ports: Readonly<Record<string, PortVariable>> };
  limits?: Readonly<Record<string, LimitVariable>>;
}

/** The variables that `--help` lists, in order. `<API>_HOST` stands for one variable per API. */
export const listVariables = (apis: readonly ConfiguredApi[]): readonly Variable[] => [
  ...variables,
  ...apis.flatMap(({ name: api, sockets }) =>
    Object.entries(sockets?.ports ?? {}).map(([name, { help, port }]) => ({
      name,
      help: `${api}: ${help}, or off (${port})`,
    })),
  ),
  ...apis.flatMap(({ name: api, limits = {} }) =>
    Object.entries(limits).map(([name, { help, production, sandbox }]) => ({
      name,
      help: `${api}: ${help} (${production}; ${sandbox} in the sandbox)`,
    })),
  ),
];

const variables: readonly Variable[] = [
  { name: 'PORT', help: 'port of the server (3000)' },
  { name: 'HOST', help: 'address to listen on (127.0.0.1 in the sandbox, all addresses in production)' },
  { name: 'WORKERS', help: 'processes that share the port; several need PostgreSQL and REDIS_URL (1)' },
  { name: 'QIYUE_WORKER', help: 'set by the server itself: the number of one of these processes' },
  { name: 'MOCK_PORT', help: 'port of the mock, or off (4010; off in production)' },
  {
    name: 'PUBLIC_URL',
    help: 'URL under which callers reach the server (derived from each request; required in production)',
  },
  {
    name: '<API>_HOST',
    help: 'host name that serves one API at its root, e.g. TOWER_HOST=api.example.com (<api>.localhost always does)',
  },
  {
    name: 'TRUST_PROXY',
    help: 'number of proxies in front, or their addresses separated by commas (forwarded headers are ignored)',
  },
  { name: 'DATABASE_URL', help: 'sqlite:<path> or postgres://… (sqlite:.qiyue/qiyue.db)' },
  { name: 'DATABASE_POOL', help: 'connections of one node to PostgreSQL; one API uses all but two of them (10)' },
  {
    name: 'DATABASE_QUEUE',
    help: 'requests of one API that may wait for a connection to PostgreSQL; others get 503 (1000)',
  },
  {
    name: 'DATABASE_TIMEOUT',
    help: 'milliseconds that PostgreSQL may take for one query, which then fails (30000); migrations have no limit',
  },
  { name: 'MIGRATE_ON_START', help: '1: migrate a PostgreSQL database at start (on for SQLite and in the sandbox)' },
  {
    name: 'REDIS_URL',
    help: 'redis://… for limits and live events that several nodes share; redis://host:port,host:port or ?cluster=true for a cluster of Redis 7 (kept in memory)',
  },
  {
    name: 'REDIS_TIMEOUT',
    help: 'milliseconds that Redis may take for one command; each node then goes on alone (1000)',
  },
  { name: 'MAIL_URL', help: 'smtp://user:password@host:port?from=address for mail (kept in the outbox)' },
  { name: 'SMS_URL', help: 'https://:secret@host/path for text messages, as signed webhooks (kept in the outbox)' },
  { name: 'WECHAT_URL', help: 'the same for WeChat messages (kept in the outbox)' },
  {
    name: 'PUSH_URL',
    help: 'the same for pushes to devices, except those that APNS_URL and FCM_URL take (kept in the outbox)',
  },
  {
    name: 'APNS_URL',
    help: 'https://<key id>:<team id>@api.push.apple.com?topic=<bundle id>&key=<file> for pushes to Apple devices, with a token key',
  },
  {
    name: 'FCM_URL',
    help: 'https://fcm.googleapis.com?account=<file> for pushes to Android devices, with a service account',
  },
  {
    name: 'FILES_URL',
    help: 'file:<folder>, or s3://key:secret@bucket/prefix?endpoint=https://…&region=… (file:.qiyue/files)',
  },
  { name: 'FILES_TIMEOUT', help: 'milliseconds that a bucket may be silent; it is asked three times (10000)' },
  {
    name: 'SHUTDOWN_TIMEOUT',
    help: 'milliseconds after a signal; then the process ends, whatever is still under way (25000)',
  },
  {
    name: 'SECRET_KEY',
    help: 'at least 32 random characters, the same on every node: encrypts secrets that are shown again, such as the api_secret of PPMessage (a fixed one in the sandbox; otherwise PPMessage cannot create apps)',
  },
  { name: 'NODE_ENV', help: 'production: sandbox off, logs as JSON' },
  { name: 'QIYUE_SANDBOX', help: '1 or 0: demo data and sandbox pages (on unless NODE_ENV is production)' },
  {
    name: 'QIYUE_SEED',
    help: 'YAML or JSON file with data that the sandbox adds to the demo data, as POST /sandbox/seed takes it (none)',
  },
  { name: 'WORLDS', help: 'isolated worlds that the sandbox may have at a time; then 429 (500)' },
  { name: 'MOCK_MISSING', help: '1: the mock answers for operations that have no implementation yet (0)' },
  { name: 'BODY_LIMIT', help: 'largest request body without files, in bytes (1048576)' },
  { name: 'UPLOAD_LIMIT', help: 'largest uploaded file, in bytes (20971520)' },
  { name: 'BODY_IDLE_TIMEOUT', help: 'milliseconds that a request body may stop arriving; then 408 (30000)' },
  {
    name: 'BODY_MEMORY',
    help: 'bytes of memory for the bodies of requests under way; beyond it 503 (67108864)',
  },
  {
    name: 'UPLOAD_SPACE',
    help: 'bytes in the temporary folder (TMPDIR) for the files of requests under way; beyond it 503 (1073741824)',
  },
  {
    name: 'STREAM_LIMIT',
    help: 'event streams that one user may have open on one node, then 503, 0: no limit (50; 0 in the sandbox)',
  },
  {
    name: 'WRONG_GUESS_LIMIT',
    help: 'wrong passwords or codes for one account in five minutes; as many more from each address that its user has signed in from (10; 1000 in the sandbox)',
  },
  {
    name: 'ADDRESS_GUESS_LIMIT',
    help: 'wrong passwords or codes from one address (in IPv6: one /64 network) or through one client in five minutes (50; 5000 in the sandbox)',
  },
  {
    name: 'METRICS_TOKEN',
    help: 'at least 32 random characters that Prometheus sends as bearer token for /metrics (none: /metrics is open in the sandbox, and does not exist otherwise)',
  },
  {
    name: 'QUERY_CREDENTIALS',
    help: '0: UCenter takes no tokens, secrets and passwords from the query, which logs and histories keep (1)',
  },
  {
    name: 'OPEN_CUSTOMERS',
    help: '0: only the server of an app gets tokens of GoBelieve customers, and not everybody with a customer_id (1)',
  },
  { name: 'IM_TLS_CERT', help: 'PEM file with the certificate chain of the ports that speak TLS (none: they are off)' },
  { name: 'IM_TLS_KEY', help: 'PEM file with its private key' },
  {
    name: 'PRIVATE_WEBHOOKS',
    help: '1: webhooks that callers register may use http and go to private addresses, such as this machine (0; 1 in the sandbox)',
  },
  {
    name: 'REQUEST_LOG',
    help: '0: the sandbox does not keep the last 500 requests for /sandbox/requests (1 in the sandbox)',
  },
  {
    name: 'LOG_FORMAT',
    help: 'json or pretty; with json all output is JSON, a line with "event":"ready" included (pretty in a terminal)',
  },
  { name: 'MCP', help: 'on or off: agents can search, describe and call all operations at /mcp (on in the sandbox)' },
  { name: 'LOG_LEVEL', help: 'trace, debug, info, warn, error, fatal or silent (info)' },
];

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
