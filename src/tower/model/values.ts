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

/** A text without blanks around it. Throws `unusable` for one that is blank. */
export function requireText(text: string, pointer: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw unusable(pointer, 'must not be blank');
  return trimmed;
}

/** Whether a text is a date that exists: JavaScript reads the 31st of April as the 1st of May. */
export function isDate(text: string): boolean {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(start) && new Date(start).toISOString().slice(0, 10) === text;
}
