import { HttpError } from '../errors.ts';

/** A list or an object of a request, and where it is. */
interface Place {
  value: object;
  name: string;
  parent: Place | undefined;
}

/**
 * Throws 400 for a value that no database can store, and names its place. A number that is too large for a double is read
 * as Infinity, which passes `type: integer`. JSON can write one half of a surrogate pair, which is not Unicode: the
 * drivers of databases store U+FFFD in its place.
 */
export function requireStorableValues({
  params,
  query,
  headers,
  body,
}: {
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
}): void {
  // A loop, because a body that is nested deeply must not exhaust the stack.
  const waiting: Place[] = [{ value: { params, query, headers, body }, name: '', parent: undefined }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value } = next;
    for (const name in value) {
      if (!name.isWellFormed()) throw notUnicode(`${pathOf(next)}/${name}`);
      const member = (value as Record<string, unknown>)[name];
      if (typeof member === 'string') {
        if (!member.isWellFormed()) throw notUnicode(`${pathOf(next)}/${name}`);
      } else if (typeof member === 'number') {
        if (!Number.isFinite(member)) throw tooLarge(`${pathOf(next)}/${name}`);
      } else if (typeof member === 'object' && member !== null && !ArrayBuffer.isView(member)) {
        waiting.push({ value: member, name, parent: next });
      }
    }
  }
}

function pathOf(place: Place): string {
  let path = '';
  for (let at = place; at.parent !== undefined; at = at.parent) path = `/${at.name}${path}`;
  return path;
}

const tooLarge = (path: string) => invalid(path, 'must be a number of at most 308 digits', 'type');

const notUnicode = (path: string) => invalid(path, 'must be valid Unicode, without lone surrogates', 'unicode');

function invalid(path: string, message: string, keyword: string): HttpError {
  const details = [{ path, message, keyword }];
  return new HttpError('invalid_request', `${path.slice(1).replaceAll('/', '.')} ${message}`, { details });
}
