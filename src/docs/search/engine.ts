import MiniSearch from 'minisearch';

/** What can be found. This module runs in browsers too. */
export interface Entry {
  kind: 'api' | 'operation' | 'parameter' | 'field' | 'error' | 'reading' | 'guide';
  api: string;
  /** The operation that it belongs to; of several the first. */
  operation?: string | undefined;
  title: string;
  /** Other names, separated by spaces: paths, numbers of errors, names of examples. */
  names?: string | undefined;
  text?: string | undefined;
  /** Relative to the root of the site. */
  url: string;
}

export interface SearchOptions {
  /** Defaults to 20. */
  limit?: number | undefined;
  /** The name of the only API to search in. */
  api?: string | undefined;
  /** The name of the API that the reader is at: of entries that are equally good, its own come first. */
  near?: string | undefined;
}

/** The best entries for a query, best first. */
export type Search = (query: string, options?: SearchOptions) => Entry[];

const DEFAULT_LIMIT = 20;

const HALF_A_RANK = 0.5;

/**
 * An index of entries. Chinese texts are found by pairs of neighbouring characters, because there is no list of words that
 * has all terms; other texts by words and their beginnings, and by the parts of names such as `access_token`.
 */
export function createSearch(entries: readonly Entry[]): Search {
  const index = new MiniSearch<Entry & { id: number }>({
    fields: ['title', 'names', 'text'],
    tokenize: toTerms,
    processTerm: (term) => term,
  });
  index.addAll(entries.map((entry, id) => ({ id, ...entry })));
  const entryOf = (id: number) => entries[id] as Entry;

  return (query, { limit = DEFAULT_LIMIT, api, near } = {}) => {
    const wanted = normalise(query);
    const options = {
      tokenize: toWords,
      boost: { title: 4, names: 3 },
      boostDocument: (id: number) => weights[entryOf(id).kind],
      prefix: (term: string) => !isPair(term),
      ...(api !== undefined && { filter: ({ id }: { id: number }) => entryOf(id).api === api }),
    };
    const pairs = toWords(wanted).filter(isPair);
    const all = index.search(wanted, { ...options, combineWith: 'AND' });
    // A question has words that no text has, and a Chinese term pairs that cross from one word to the next.
    const some =
      all.length === 0 || pairs.length > 1
        ? index.search(wanted, { ...options, tokenize: toTerms, fuzzy: (term) => !isPair(term) && FUZZINESS })
        : [];
    const hasAll = new Set(all.map(({ id }) => id));
    const found = [...all, ...some.filter(({ id }) => !hasAll.has(id))];
    const parts = wanted.split(/\s+/).filter(Boolean);
    const rank = (id: number) =>
      rankOf(entryOf(id), { wanted, parts, pairs, hasAll: hasAll.has(id) }) -
      (entryOf(id).api === near ? HALF_A_RANK : 0);
    return found
      .map(({ id, score }) => ({ entry: entryOf(id), score, rank: rank(id) }))
      .sort((a, b) => a.rank - b.rank || b.score - a.score)
      .slice(0, limit)
      .map(({ entry }) => entry);
  };
}

const weights: Record<Entry['kind'], number> = {
  api: 3,
  operation: 3,
  guide: 2,
  reading: 1.5,
  error: 1.2,
  parameter: 1,
  field: 1,
};

/** The part of a word that may be wrong. */
const FUZZINESS = 0.2;

interface Query {
  wanted: string;
  parts: readonly string[];
  pairs: readonly string[];
  /** Whether the entry has all terms. */
  hasAll: boolean;
}

/**
 * Before the scores counts: whether a title or a name is what was asked for, then whether a title has it, or most of its
 * Chinese pairs, then whether it is in the text of more than a single field, then whether all terms are somewhere.
 */
function rankOf({ kind, title, names = '', text = '' }: Entry, { wanted, parts, pairs, hasAll }: Query): number {
  const isPart = kind === 'field' || kind === 'parameter' || kind === 'error';
  const lowerTitle = normalise(title);
  const lowerNames = normalise(names);
  if (lowerTitle === wanted || lowerNames.split(' ').includes(wanted)) return 0;
  if (isPart) return hasAll ? 4 : 5;
  if (parts.every((part) => lowerTitle.includes(part))) return 1;
  const inTitle = pairs.filter((pair) => lowerTitle.includes(pair)).length;
  if (inTitle > 1 && inTitle >= pairs.length / 2) return 2;
  const whole = `${lowerTitle} ${lowerNames} ${normalise(text)}`;
  if (parts.every((part) => whole.includes(part))) return 3;
  return hasAll ? 4 : 5;
}

/** Full-width letters and digits become plain ones. */
const normalise = (text: string) => text.normalize('NFKC').toLowerCase().trim();

const isPair = (term: string) => /^\p{Script=Han}{2}$/u.test(term);

/** The terms of a text in the index: words, the parts of words, and pairs of Chinese characters. */
function toTerms(text: string): string[] {
  const words = splitText(text.normalize('NFKC'));
  return [...new Set(words.flatMap((word) => [word, ...partsOf(word)].map((term) => term.toLowerCase())))];
}

/** The terms of a query: all of them have to be there, so a word has no parts. */
const toWords = (text: string) => [...new Set(splitText(text))];

const letter = '(?!\\p{Script=Han})[\\p{L}\\p{N}]';
const runs = new RegExp(`\\p{Script=Han}+|(?:${letter})+(?:[-_.](?:${letter})+)*`, 'gu');

/** Words of letters and digits, which may have `_`, `-` and `.` inside, and pairs of Chinese characters. */
function splitText(text: string): string[] {
  return (text.match(runs) ?? []).flatMap((run) => (/^\p{Script=Han}{2}/u.test(run) ? pairsOf([...run]) : [run]));
}

const pairsOf = (characters: string[]) =>
  characters.slice(1).map((character, index) => `${characters[index]}${character}`);

/** `access_token` → `access`, `token`; `createToken` → `create`, `Token`. */
function partsOf(word: string): string[] {
  const parts = word.split(/[-_.]|(?<=\p{Ll})(?=\p{Lu})/u);
  return parts.length > 1 ? parts : [];
}
