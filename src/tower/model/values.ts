import { HttpError } from '../../errors.ts';

/**
 * A value that the contract allows and that cannot be used (T-41).
 *
 * @param pointer of the value in the request body: `/todo/assignee_id`
 */
export function unusable(pointer: string, message: string): HttpError {
  const details = [{ path: `/body${pointer}`, message, keyword: 'value' }];
  return new HttpError('unprocessable_content', `${pointer.slice(1).replaceAll('/', '.')} ${message}`, { details });
}

/** Like `unusable`, for a parameter of the query. */
export function unusableParameter(name: string, message: string): HttpError {
  const details = [{ path: `/query/${name}`, message, keyword: 'value' }];
  return new HttpError('unprocessable_content', `${name} ${message}`, { details });
}

/** A text without blanks around it. Throws `unusable` for one that is blank. */
export function requireText(text: string, pointer: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw unusable(pointer, 'must not be blank');
  return trimmed;
}
