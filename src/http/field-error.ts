import { HttpError } from '../errors.ts';

/**
 * An error of one field of an entry of a seed.
 *
 * @param kind conflict for a value that is taken
 */
export const fieldError = (field: string, message: string, kind: 'invalid_request' | 'conflict' = 'invalid_request') =>
  new HttpError(kind, `${field} ${message}`, { details: [{ path: `/${field}`, message, keyword: 'invalid' }] });
