/** Makes a value on first use. */
export function lazy<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/** Makes one value for each key of an owner, on first use, and keeps it as long as the owner. */
export function keptWith<Owner extends object, T>(): (owner: Owner, key: string, make: () => T) => T {
  const owners = new WeakMap<Owner, Map<string, T>>();
  return (owner, key, make) => {
    const values = owners.get(owner) ?? new Map<string, T>();
    owners.set(owner, values);
    const value = values.get(key) ?? make();
    values.set(key, value);
    return value;
  };
}
