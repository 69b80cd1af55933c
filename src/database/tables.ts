/**
 * All tables. Every owner of tables adds its own in its `database/tables.ts` (`declare module`). Both engines store the
 * same types: ids as text, times as integer milliseconds since 1970, booleans as 0 and 1, lists as JSON text.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the owners add to it
export interface Tables {}
