import { authorizationCredentials } from '../../http/authorization-header.ts';
import type { RequestInfo } from '../../http/request.ts';
import { OWN_TOKEN_MARK } from '../model/levels.ts';
import { rulesOf } from './contract.ts';

/**
 * Whether the answer to a request has numbers where the document has text: `error_code`. The original's own programs
 * compare them with numbers (P-60). The mark of a token decides, so one that has ended counts too; without a token it is
 * the operation, where only own programs may call it.
 */
export function usesNumbers({ authorization, path }: Pick<RequestInfo, 'authorization' | 'path'>): boolean {
  if (tokenOf(authorization) !== undefined) return hasOwnToken({ authorization });
  // DEVICE_USER_LOGIN is called without a token, by own programs alone.
  if (path.startsWith('/api/DEVICE_USER_')) return true;
  const { levels } = rulesOf(path);
  return levels.length > 0 && !levels.some((level) => level.startsWith('THIRD_PARTY_'));
}

/** Whether the token of a request is, or was, that of an own program. */
export function hasOwnToken({ authorization }: Pick<RequestInfo, 'authorization'>): boolean {
  return tokenOf(authorization)?.startsWith(OWN_TOKEN_MARK) === true;
}

const tokenOf = (authorization: RequestInfo['authorization']) =>
  authorizationCredentials(authorization, 'oauth') ?? authorizationCredentials(authorization, 'bearer');

/** An error number as a request expects it. */
export const toErrorCode = (number: number, request: RequestInfo): string | number =>
  usesNumbers(request) ? number : String(number);
