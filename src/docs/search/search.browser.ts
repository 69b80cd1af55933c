/** The second of the two scripts of the search: it stands behind the entries, and is loaded when a reader searches. */
import { createSearch, type Entry, type Search } from './engine.ts';

declare global {
  var qiyueEntries: readonly Entry[];
  var qiyueIndex: Search;
}

globalThis.qiyueIndex = createSearch(globalThis.qiyueEntries);
