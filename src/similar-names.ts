const NEAREST = 5;

/** The names that share the most pairs of letters with a name, the most similar first. */
export function similarNames(name: string, names: readonly string[]): string[] {
  const pairs = pairsOf(name);
  const likeness = (other: string) => {
    const others = pairsOf(other);
    const common = [...pairs].filter((pair) => others.has(pair)).length;
    return (2 * common) / (pairs.size + others.size);
  };
  const rated = names.map((one) => [one, likeness(one)] as const).toSorted(([, a], [, b]) => b - a);
  return rated.slice(0, NEAREST).map(([one]) => one);
}

function pairsOf(name: string): Set<string> {
  const text = name.toLowerCase();
  return new Set(Array.from(text, (letter, index) => letter + (text[index + 1] ?? '')));
}
