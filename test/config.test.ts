import { describe, expect, it } from 'vitest';
import { apis } from '../src/app.ts';
import { type Config, limitOf, readConfig } from '../src/config.ts';
import { type LimitVariable, listVariables } from '../src/config-variables.ts';
import { ConfigError } from '../src/errors.ts';

const read = (environment: Record<string, string>) => readConfig(apis, environment);

describe('readConfig', () => {
  it('configures a sandbox without any variable', () => {
    expect(read({})).toMatchObject({
      production: false,
      sandbox: true,
      host: '127.0.0.1',
      port: 3000,
      mockPort: 4010,
      databaseUrl: 'sqlite:.qiyue/qiyue.db',
      migrateOnStart: true,
      trustProxy: undefined,
      publicUrl: undefined,
    });
  });

  it('configures no sandbox and no mock in production, and listens on all addresses', () => {
    expect(read({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/qiyue' })).toMatchObject({
      production: true,
      sandbox: false,
      host: '::',
      mockPort: undefined,
      migrateOnStart: false,
    });
  });

  it('allows several workers only with what they share', () => {
    const many = { WORKERS: '2', QIYUE_SANDBOX: '0' };
    expect(() => read(many)).toThrow('WORKERS: several processes need PostgreSQL (DATABASE_URL)');
    const postgres = { ...many, DATABASE_URL: 'postgres://db/qiyue' };
    expect(() => read(postgres)).toThrow('WORKERS: several processes need REDIS_URL');
    const shared = { ...postgres, REDIS_URL: 'redis://r' };
    expect(read(shared)).toMatchObject({ workers: 2, worker: undefined });
    expect(() => read({ ...shared, QIYUE_SANDBOX: '1' })).toThrow('WORKERS: a sandbox has one process');
    expect(read({ ...shared, QIYUE_SANDBOX: '1', WORKERS: '1' })).toMatchObject({ workers: 1 });
  });

  it.each<[Record<string, string>, Partial<Config>]>([
    [{ PORT: ' 8080 ' }, { port: 8080 }],
    [{ PORT: '' }, { port: 3000 }],
    [
      { PORT: '0', MOCK_PORT: '0' },
      { port: 0, mockPort: 0 },
    ],
    [{ MOCK_PORT: 'off' }, { mockPort: undefined }],
    [{ NODE_ENV: 'production', MOCK_PORT: '4010' }, { mockPort: 4010 }],
    [{ HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
    [{ PUBLIC_URL: 'https://example.com/' }, { publicUrl: 'https://example.com' }],
    [{ PUBLIC_URL: 'http://example.com:8080/apis//' }, { publicUrl: 'http://example.com:8080/apis' }],
    [{ TRUST_PROXY: '2' }, { trustProxy: 2 }],
    [{ TRUST_PROXY: 'loopback, 10.0.0.0/8' }, { trustProxy: ['loopback', '10.0.0.0/8'] }],
    [{ DATABASE_URL: 'sqlite::memory:' }, { databaseUrl: 'sqlite::memory:', migrateOnStart: true }],
    [{ DATABASE_URL: 'postgresql://db/qiyue', QIYUE_SANDBOX: '0' }, { migrateOnStart: false }],
    [{ DATABASE_URL: 'postgres://db/qiyue', QIYUE_SANDBOX: '0', MIGRATE_ON_START: '1' }, { migrateOnStart: true }],
    [
      { NODE_ENV: 'production', QIYUE_SANDBOX: '1' },
      { sandbox: true, production: true },
    ],
    [{ QIYUE_SANDBOX: 'false' }, { sandbox: false, wrongGuesses: 10, addressGuesses: 50 }],
    [{}, { queryCredentials: true, openCustomers: true }],
    [
      { QUERY_CREDENTIALS: '0', OPEN_CUSTOMERS: '0', NODE_ENV: 'production' },
      { queryCredentials: false, openCustomers: false },
    ],
    [{ REDIS_URL: 'rediss://r' }, { redisUrl: 'rediss://r' }],
    [{ REDIS_URL: 'redis://u:p@a:1,b:2' }, { redisUrl: 'redis://u:p@a:1,b:2' }],
    [{ REDIS_URL: 'redis://a:1?cluster=true' }, { redisUrl: 'redis://a:1?cluster=true' }],
    [{ STREAM_LIMIT: '3' }, { streamLimit: 3 }],
    [{ QIYUE_SANDBOX: '0', SECRET_KEY: '0123456789abcdef0123456789abcdef' }, { streamLimit: 50 }],
    [{}, { bodyIdleMs: 30_000, bodyMemory: 64 * 2 ** 20, uploadSpace: 2 ** 30 }],
    [
      { UPLOAD_LIMIT: '1000000000', UPLOAD_SPACE: '2000000000', BODY_LIMIT: '100000000' },
      { bodyMemory: 400_000_000, uploadSpace: 2_000_000_000 },
    ],
    [{ MAIL_URL: 'smtps://u:p@m:465' }, { mailUrl: 'smtps://u:p@m:465' }],
    [
      { SMS_URL: 'https://:s@h/sms', WECHAT_URL: 'http://h/w' },
      { smsUrl: 'https://:s@h/sms', wechatUrl: 'http://h/w' },
    ],
    [{ MOCK_MISSING: 'true' }, { mockMissing: true }],
    [
      { BODY_LIMIT: '1', WRONG_GUESS_LIMIT: '3', ADDRESS_GUESS_LIMIT: '4' },
      { bodyLimit: 1, wrongGuesses: 3, addressGuesses: 4 },
    ],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ METRICS_TOKEN: 'x'.repeat(32) }, { metricsToken: 'x'.repeat(32) }],
    [
      { DATABASE_POOL: '4', DATABASE_QUEUE: '5' },
      { databasePool: 4, databaseQueue: 5 },
    ],
    [
      { DATABASE_TIMEOUT: '1', REDIS_TIMEOUT: '2', FILES_TIMEOUT: '3' },
      { databaseTimeoutMs: 1, redisTimeoutMs: 2, filesTimeoutMs: 3 },
    ],
  ])('reads %j', (environment, expected) => {
    expect(read(environment)).toMatchObject(expected);
  });

  it('reads the limits that an API declares', () => {
    expect(limitOf(read({ CUSTOMER_LIMIT: '3' }), 'CUSTOMER_LIMIT')).toBe(3);
    expect(limitOf(read({ NODE_ENV: 'production' }), 'CUSTOMER_LIMIT')).toBe(10);
    expect(() => read({ CUSTOMER_LIMIT: '0' })).toThrow('CUSTOMER_LIMIT: expected a whole number from 1');
  });

  it('has a largest value for every limit, which fits into the database', () => {
    for (const [variable, limit] of apis.flatMap(({ limits = {} }) => Object.entries(limits))) {
      const { most = 2_147_483_647 }: LimitVariable = limit;
      expect(limitOf(read({ [variable]: String(most) }), variable)).toBe(most);
      for (const beyond of [String(most + 1), '1e400'])
        expect(() => read({ [variable]: beyond })).toThrow(`${variable}: expected a whole number from`);
    }
  });

  it('reads the host names of each API', () => {
    const { hosts } = read({ TOWER_HOST: 'API.example.com' });
    expect(hosts.get('api.example.com')).toBe('tower');
    for (const { name } of apis) expect(hosts.get(`${name}.localhost`)).toBe(name);
    expect(hosts.size).toBe(apis.length + 1);
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['PORT', '-1'],
    ['MOCK_PORT', 'no'],
    ['PUBLIC_URL', 'example.com'],
    ['PUBLIC_URL', 'ftp://example.com'],
    ['PUBLIC_URL', 'https://example.com/?a=1'],
    ['TOWER_HOST', 'https://example.com'],
    ['UCENTER_HOST', 'example.com:80'],
    ['DATABASE_URL', 'mysql://db'],
    ['DATABASE_URL', './qiyue.db'],
    ['MIGRATE_ON_START', 'yes'],
    ['WORKERS', '0'],
    ['WORKERS', '1025'],
    ['DATABASE_POOL', '1000000000000'],
    ['WRONG_GUESS_LIMIT', '2147483648'],
    ['BODY_LIMIT', '9007199254740992'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'redis://a:1,b:two'],
    ['REDIS_URL', 'redis://a:1,b:2/3'],
    ['REDIS_URL', 'redis://user:pass/word@a:1'],
    ['MAIL_URL', 'mail.example.com'],
    ['SMS_URL', 'sms://x'],
    ['WECHAT_URL', 'wechat'],
    ['QIYUE_SANDBOX', 'on'],
    ['MOCK_MISSING', '2'],
    ['BODY_LIMIT', '1MB'],
    ['BODY_IDLE_TIMEOUT', '0'],
    ['BODY_MEMORY', '1'],
    ['UPLOAD_SPACE', '20971519'],
    ['BODY_LIMIT', '0'],
    ['WRONG_GUESS_LIMIT', '1.5'],
    ['ADDRESS_GUESS_LIMIT', '0'],
    ['CUSTOMER_LIMIT', '0'],
    ['LOG_LEVEL', 'verbose'],
    ['METRICS_TOKEN', 'short'],
    ['DATABASE_TIMEOUT', '0'],
    ['FILES_URL', 'files'],
    ['FILES_URL', 'file:'],
    ['FILES_URL', 's3:///prefix'],
    ['FILES_URL', 's3://key:100%@bucket'],
    ['FILES_URL', 's3://bucket?endpoint=minio:9000'],
    ['REDIS_TIMEOUT', '1s'],
    ['SHUTDOWN_TIMEOUT', '2147483648'],
  ])('throws for %s=%s and names the variable', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(ConfigError);
    expect(() => read({ [name]: value })).toThrow(`\n  ${name}: expected `);
  });

  it('names all wrong variables, without URLs, which may hold a password', () => {
    let message = '';
    try {
      read({ PORT: 'x', LOG_LEVEL: 'y', DATABASE_URL: 'mysql://root:secret@db' });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n')).toHaveLength(4);
    expect(message).not.toContain('secret');
  });

  it('documents every variable that it reads', () => {
    const asked = new Set<string>();
    const environment = new Proxy<Record<string, string>>(
      {},
      {
        get(_target, name) {
          asked.add(String(name));
          return undefined;
        },
      },
    );
    const variables = listVariables(apis);
    read(environment);
    // Set by npm, not by operators.
    asked.delete('npm_lifecycle_event');
    const known = new Set(variables.map(({ name }) => name));
    const unknown = [...asked].filter(
      (name) => !known.has(name.replace(/^(TOWER|UCENTER|PPMESSAGE|GOBELIEVE|SANDBOX)_HOST$/, '<API>_HOST')),
    );
    expect(unknown).toEqual([]);
    expect(asked.size).toBe(variables.length + apis.length - 1);
  });
});
