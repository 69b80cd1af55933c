import { parseRedisUrl } from './redis-url.ts';

/** Parsers of the values of variables. Each throws an `Error` that says what it expects. */

export function flag(value: string): boolean {
  if (value === '1' || value === 'true') return true;
  if (value === '0' || value === 'false') return false;
  throw new Error(`expected 1 or 0, got "${value}"`);
}

export function onOrOff(value: string): boolean {
  if (value === 'on') return true;
  if (value === 'off') return false;
  throw new Error(`expected on or off, got "${value}"`);
}

/** The largest number that a column of type `integer` holds, and the longest time of a timer of Node in milliseconds. */
const MAX_INTEGER = 2 ** 31 - 1;

export const wholeNumber =
  (least: number, most = MAX_INTEGER) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < least || number > most)
      throw new Error(`expected a whole number from ${least} to ${most}, got "${value}"`);
    return number;
  };

export const positive = wholeNumber(1);

export const bytesFrom = (least: number) => wholeNumber(least, Number.MAX_SAFE_INTEGER);

export function port(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65535)
    throw new Error(`expected a port (0 to 65535), got "${value}"`);
  return number;
}

export function origin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new Error(`expected an address such as https://example.com, got "${value}"`);
  }
  return value.replace(/\/+$/, '');
}

export function hostName(value: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value))
    throw new Error(`expected a host name without a port, got "${value}"`);
  return value.toLowerCase();
}

export function proxies(value: string): number | string[] {
  return /^\d+$/.test(value) ? Number(value) : value.split(',').map((address) => address.trim());
}

export function longEnough(value: string): string {
  if (value.length < 32) throw new Error('expected at least 32 characters');
  return value;
}

export function level(value: string): string {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  if (!levels.includes(value)) throw new Error(`expected one of ${levels.join(', ')}, got "${value}"`);
  return value;
}

export type LogFormat = 'json' | 'pretty';

export function logFormat(value: string): LogFormat {
  if (value !== 'json' && value !== 'pretty') throw new Error(`expected json or pretty, got "${value}"`);
  return value;
}

// Without the value: it may hold a password.
export const oneOfSchemes =
  (...schemes: string[]) =>
  (value: string): string => {
    if (!schemes.some((scheme) => value.startsWith(scheme)))
      throw new Error(`expected a URL that starts with ${schemes.join(' or ')}`);
    return value;
  };

export function redis(value: string): string {
  oneOfSchemes('redis:', 'rediss:')(value);
  parseRedisUrl(value);
  return value;
}

export function store(value: string): string {
  oneOfSchemes('file:', 's3:')(value);
  if (value === 'file:') throw new Error('expected a folder after file:');
  if (value.startsWith('s3:') && !isBucket(value))
    throw new Error('expected s3://key:secret@bucket/prefix?endpoint=https://…, with key and secret percent-encoded');
  return value;
}

function isBucket(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { hostname, username, password, searchParams } = new URL(value);
  const endpoint = searchParams.get('endpoint') ?? 'https://amazonaws.com';
  const isEncoded = [username, password].every((part) => !/%(?![\da-f]{2})/i.test(part));
  return hostname !== '' && isEncoded && URL.canParse(endpoint) && /^https?:/.test(endpoint);
}
