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
  { name: 'WORKERS', help: 'processes that share the port; several need PostgreSQL and REDIS_URL, and no sandbox (1)' },
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
