import { HttpError } from '../errors.ts';

/** A list or an object of a request, and where it is. */
interface Place {
  value: object;
  name: string;
  parent: Place | undefined;
}

/**
 * Throws 400 for a number that is too large for a double. It is read as Infinity, which passes `type: integer`, and has
 * neither a JSON nor a database form.
 */
export function requireFiniteNumbers({
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
      const member = (value as Record<string, unknown>)[name];
      if (typeof member === 'number') {
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

function tooLarge(path: string): HttpError {
  const message = 'must be a number of at most 308 digits';
  const details = [{ path, message, keyword: 'type' }];
  return new HttpError('invalid_request', `${path.slice(1).replaceAll('/', '.')} ${message}`, { details });
}
