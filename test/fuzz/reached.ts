import type { Wire } from '../../src/verify/exchange.ts';
import type { Operation } from '../../src/verify/operations.ts';

/**
 * The operation that a request reaches: the intended one, unless the path has segments that are empty or cannot be
 * decoded. Without its empty segments it may be that of another operation, or of none.
 */
export function reachedBy(
  { method, target }: Wire,
  intended: Operation,
  operations: Iterable<Operation>,
): Operation | undefined {
  const path = target.split('?', 1)[0] ?? '';
  if (!isOutside(path)) return intended;
  const segments = path.split('/').filter(Boolean);
  return [...operations].find((operation) => {
    const template = operation.path.split('/').filter(Boolean);
    return (
      operation.method === method &&
      template.length === segments.length &&
      template.every((segment, index) => segment.startsWith('{') || segment === segments[index])
    );
  });
}

/** Whether a segment of the path is empty or cannot be decoded. */
function isOutside(path: string): boolean {
  try {
    decodeURIComponent(path);
    return path.includes('//') || path.endsWith('/');
  } catch {
    return true;
  }
}
