import Libsql from 'libsql';
import pg from 'pg';

/** Gets each statement while some work is watched, and nothing otherwise. */
let record: (text: string, changed: number) => void = () => {};

/**
 * Counts the rows that each transaction changes, at the drivers. A statement outside of a transaction is one of its own.
 * Rows that a foreign key changes do not count.
 *
 * @param work runs alone: one transaction after the other, on databases that were opened after this module was loaded
 */
export async function rowsOfTransactions(work: () => Promise<unknown>): Promise<number[]> {
  const transactions: number[] = [];
  let isOpen = false;
  record = (text, changed) => {
    if (/^begin/i.test(text)) transactions.push(0);
    if (/^(begin|commit|rollback)/i.test(text)) isOpen = /^begin/i.test(text);
    else if (isOpen) transactions.push((transactions.pop() ?? 0) + changed);
    else if (changed > 0) transactions.push(changed);
  };
  try {
    await work();
  } finally {
    record = () => {};
  }
  return transactions;
}

const postgres = pg.Client.prototype as unknown as { query(...parameters: unknown[]): unknown };
const { query } = postgres;
postgres.query = function (this: unknown, ...parameters: unknown[]) {
  const answer = query.apply(this, parameters);
  const [first] = parameters;
  if (!(answer instanceof Promise)) return answer;
  return answer.then((result: { command: string; rowCount: number | null }) => {
    const text = typeof first === 'string' ? first : (first as { text: string }).text;
    record(text, result.command === 'SELECT' ? 0 : (result.rowCount ?? 0));
    return result;
  });
};

const sqlite = Libsql.prototype as unknown as { prepare(text: string): Libsql.Statement };
const { prepare } = sqlite;
sqlite.prepare = function (this: unknown, text: string) {
  const statement = prepare.call(this, text);
  const { run, all } = statement;
  statement.run = ((...parameters: unknown[]) => {
    const result = run.apply(statement, parameters);
    record(text, /^(insert|update|delete)/i.test(text) ? result.changes : 0);
    return result;
  }) as typeof run;
  statement.all = ((...parameters: unknown[]) => {
    const rows = all.apply(statement, parameters);
    record(text, /^(insert|update|delete)/i.test(text) ? rows.length : 0);
    return rows;
  }) as typeof all;
  return statement;
};
