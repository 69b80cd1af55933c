/** Rows that fit into one statement: SQLite takes 32,766 values, and a message has 13. */
const BATCH_ROWS = 2500;

/** Cuts a list into parts that each fit into one statement. */
export function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += BATCH_ROWS) yield items.slice(start, start + BATCH_ROWS);
}
