import type { RequestInfo } from '../../http/request.ts';
import type { Caller } from '../model/callers.ts';
import { rulesOf } from './contract.ts';

/**
 * Completes the body of an own program as the original reads it (P-63): an empty uuid is not sent, and a missing
 * `app_uuid` is the app of the token. Other bodies stay as they are: the document requires what the contract requires.
 */
export function completeBody(body: unknown, actor: unknown, { path }: Pick<RequestInfo, 'path'>): unknown {
  const caller = actor as Caller | undefined;
  if (!caller?.isOwnProgram || !path.startsWith('/api/') || !isObject(body)) return body;
  const sent = Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== '' || !isUuidName(name)));
  return rulesOf(path).namesApp ? { app_uuid: caller.appUuid, ...sent } : sent;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isUuidName = (name: string) => /(^|_)uuid$/.test(name) || name === 'device_id';
