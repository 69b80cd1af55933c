/**
 * The columns that a request changes, with booleans as the database stores them. Columns that are not in the request are
 * left out.
 */
export function changesOf<Body extends object, Column extends keyof Body>(
  body: Body,
  columns: readonly Column[],
): { [Name in Column]?: Stored<Exclude<Body[Name], undefined>> } {
  const changed = columns.filter((column) => body[column] !== undefined);
  const stored = changed.map((column) => {
    const value = body[column];
    return [column, typeof value === 'boolean' ? Number(value) : value];
  });
  return Object.fromEntries(stored);
}

type Stored<T> = [T] extends [boolean] ? 0 | 1 : T;
