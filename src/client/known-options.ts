/**
 * @param caller the name of the function
 * @throws TypeError for an option that the function does not have, such as a misspelt one
 */
export function requireKnownOptions(caller: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new TypeError(`${caller} has no option ${unknown.join(', ')}; it has ${known.join(', ')}`);
}
