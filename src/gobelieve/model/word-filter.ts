import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { AppOptions } from './app-options.ts';
import { batches } from './batches.ts';
import { parseContent } from './content.ts';

/** The word filter of an app: it masks words in texts that devices send (G-72). */

/** Words by their characters. A word ends at a node that says so. */
interface TrieNode {
  next: Map<string, TrieNode>;
  endsWord: boolean;
}

interface Filter {
  version: number;
  root: TrieNode;
}

/** The filters of the apps, which are built again when the words have changed. */
const filters = new WeakMap<Database, Map<number, Filter>>();

/**
 * Masks the filtered words in the text of a message: each character becomes an asterisk. Other content, and content
 * without such a word, comes back as it is, byte for byte (G-33).
 *
 * @param content JSON with a `text`, otherwise nothing is filtered
 */
export async function filterWords(
  database: Database,
  appid: number,
  { wordsVersion }: Pick<AppOptions, 'wordsVersion'>,
  content: string,
): Promise<string> {
  if (wordsVersion === 0) return content;
  const message = parseContent(content);
  if (typeof message?.text !== 'string') return content;
  const { root } = await loadFilter(database, appid, wordsVersion);
  const text = mask(root, message.text);
  return text === message.text ? content : JSON.stringify({ ...message, text });
}

async function loadFilter(database: Database, appid: number, version: number): Promise<Filter> {
  const known = filters.get(database) ?? new Map<number, Filter>();
  filters.set(database, known);
  const loaded = known.get(appid);
  if (loaded?.version === version) return loaded;
  const filter = { version, root: toTrie(await listWords(database, appid)) };
  known.set(appid, filter);
  return filter;
}

function toTrie(words: readonly string[]): TrieNode {
  const root: TrieNode = { next: new Map(), endsWord: false };
  for (const word of words) {
    let node = root;
    for (const character of fold(word)) {
      const next = node.next.get(character) ?? { next: new Map(), endsWord: false };
      node.next.set(character, next);
      node = next;
    }
    node.endsWord = true;
  }
  return root;
}

/** Replaces the longest word at each place. Case does not count. */
function mask(root: TrieNode, text: string): string {
  const characters = [...text];
  for (let start = 0; start < characters.length; ) {
    const length = longestWord(root, characters, start);
    characters.fill('*', start, start + length);
    start += Math.max(1, length);
  }
  return characters.join('');
}

function longestWord(root: TrieNode, characters: readonly string[], start: number): number {
  let longest = 0;
  let node: TrieNode | undefined = root;
  for (let end = start; end < characters.length; end++) {
    node = node.next.get(fold(characters[end] as string));
    if (node === undefined) break;
    if (node.endsWord) longest = end + 1 - start;
  }
  return longest;
}

const fold = (text: string) => text.toLowerCase();

/** The words of an app, in their order. */
export async function listWords(database: Database, appid: number): Promise<string[]> {
  const words = database.selectFrom('gobelieve_filtered_words').select('word').where('app_id', '=', appid);
  return (await words.orderBy('word').execute()).map(({ word }) => word);
}

/** Adds words to the filter. They count from the next message on. */
export const addWords = (database: Database, appid: number, words: readonly string[]): Promise<void> =>
  transact(database, async (trx) => {
    for (const batch of batches(words.map((word) => ({ app_id: appid, word: fold(word) }))))
      await trx
        .insertInto('gobelieve_filtered_words')
        .values(batch)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    await nextVersion(trx, appid);
  });

/**
 * Removes words from the filter.
 *
 * @returns how many there were
 */
export const removeWords = (database: Database, appid: number, words: readonly string[]): Promise<number> =>
  transact(database, async (trx) => {
    let removed = 0n;
    for (const batch of batches(words.map(fold))) {
      const { numDeletedRows } = await trx
        .deleteFrom('gobelieve_filtered_words')
        .where('app_id', '=', appid)
        .where('word', 'in', batch)
        .executeTakeFirst();
      removed += numDeletedRows;
    }
    await nextVersion(trx, appid);
    return Number(removed);
  });

const nextVersion = (trx: Transaction, appid: number) =>
  trx
    .updateTable('gobelieve_apps')
    .set(({ eb }) => ({ words_version: eb('words_version', '+', 1) }))
    .where('id', '=', appid)
    .execute();
