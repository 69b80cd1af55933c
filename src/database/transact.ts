import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresAdapter, sql } from 'kysely';
import type { Database, Transaction } from './open.ts';

const ATTEMPTS = 5;

/** PostgreSQL's serialization_failure and deadlock_detected: it asks to try again. */
const RETRYABLE = new Set(['40001', '40P01']);

const UNIQUE_VIOLATIONS = new Set(['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

const FOREIGN_KEY_VIOLATIONS = new Set(['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY']);

const followUps = new WeakMap<object, (() => void)[]>();

/**
 * Runs `work` in a transaction: all of it happens, or nothing when it throws. Given a transaction, `work` becomes a
 * part of it.
 *
 * `work` runs again when PostgreSQL asks for it, and keeps every other writer of an SQLite database waiting: it should
 * query, decide, and leave slow things and effects outside the database to before, after, or `afterCommit`.
 */
export async function transact<Result>(
  database: Database | Transaction,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  if (isTransaction(database)) return work(database);
  for (let attempt = 1; ; attempt += 1) {
    const afterwards: (() => void)[] = [];
    let result: Result;
    try {
      result = await database.transaction().execute((transaction) => {
        followUps.set(transaction, afterwards);
        return work(transaction);
      });
    } catch (error) {
      if (attempt === ATTEMPTS || !RETRYABLE.has(codeOf(error))) throw error;
      await sleep(Math.random() * 20 * attempt);
      continue;
    }
    for (const followUp of afterwards) followUp();
    return result;
  }
}

/**
 * Calls `followUp` once the transaction is committed, never when it fails; at once when there is none. A crash in
 * between loses the call, so it may only hasten what would happen anyway.
 */
export function afterCommit(database: Database | Transaction, followUp: () => void): void {
  const afterwards = followUps.get(database);
  if (afterwards) afterwards.push(followUp);
  else followUp();
}

/**
 * Until the transaction ends, no other transaction gets past its own call with the same key, on any node. SQLite has
 * one writer at a time, so that every transaction holds every lock there.
 */
export async function lockInTransaction(transaction: Transaction, key: string): Promise<void> {
  if (engineOf(transaction) === 'sqlite') return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(transaction);
}

/** For what one set of queries cannot say on both engines. */
export function engineOf(database: Database | Transaction): 'sqlite' | 'postgres' {
  return database.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}

/**
 * Whether a query failed because of a primary key or unique index. On PostgreSQL the transaction around it is lost
 * then: catch the error outside of `transact`, or insert with `onConflict` instead.
 */
export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE_VIOLATIONS.has(codeOf(error));
}

/**
 * Whether a query failed because what it refers to is not there, any more: somebody deleted it after it was looked up.
 * What `isUniqueViolation` says of transactions holds here too.
 */
export function isForeignKeyViolation(error: unknown): boolean {
  return FOREIGN_KEY_VIOLATIONS.has(codeOf(error));
}

/** Whether a query failed because a text cannot be stored: neither engine keeps a NUL. */
export function isUnstorable(error: unknown): boolean {
  return error instanceof UnstorableError || codeOf(error) === '22021';
}

/** What the SQLite driver throws for a value that it cannot keep; PostgreSQL has a code for it. */
export class UnstorableError extends TypeError {
  override name = 'UnstorableError';
}

function isTransaction(database: Database | Transaction): database is Transaction {
  return database.isTransaction;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
