/**
 * The columns that a request changes: those of a list that it names, with booleans as the database keeps them. Empty
 * when it names none.
 */
export function changesOf<Body extends object, Column extends keyof Body>(
  body: Body,
  columns: readonly Column[],
): { [Name in Column]?: Stored<Exclude<Body[Name], undefined>> } {
  const named = columns.filter((column) => body[column] !== undefined);
  const stored = named.map((column) => {
    const value = body[column];
    return [column, typeof value === 'boolean' ? Number(value) : value];
  });
  return Object.fromEntries(stored);
}

type Stored<T> = [T] extends [boolean] ? 0 | 1 : T;
