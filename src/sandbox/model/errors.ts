import { HttpError } from '../../errors.ts';

/** A field of the request that has a value of the right form which cannot be used. Its message begins with the field. */
export const invalidField = (place: 'body' | 'params' | 'query', name: string, message: string): HttpError =>
  new HttpError('invalid_request', `${name} ${message}`, {
    details: [{ path: `/${place}/${name.replaceAll('.', '/')}`, message, keyword: 'invalid' }],
  });

export const worldGone = (id: string): HttpError =>
  new HttpError('not_found', `There is no world ${id}, or no longer; worlds end with the server`);
