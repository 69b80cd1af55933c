import { HttpError } from '../errors.ts';

/**
 * Throws 400 for a number that is too large for a double. It is read as Infinity, which passes `type: integer`, and has
 * neither a JSON nor a database form.
 */
export function requireFiniteNumbers(request: {
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
}): void {
  const { params, query, headers, body } = request;
  const waiting: [unknown, string][] = [
    [params, '/params'],
    [query, '/query'],
    [headers, '/headers'],
    [body, '/body'],
  ];
  // A loop, because a body that is nested deeply must not exhaust the stack.
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, path] = next;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      const message = 'must be a number of at most 308 digits';
      const details = [{ path, message, keyword: 'type' }];
      throw new HttpError('invalid_request', `${path.slice(1).replaceAll('/', '.')} ${message}`, { details });
    }
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'number' || typeof member === 'object') waiting.push([member, `${path}/${name}`]);
    }
  }
}
