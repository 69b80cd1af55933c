import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresAdapter, sql } from 'kysely';
import type { Database, Transaction } from './open.ts';
import { UnstorableError } from './sqlite.ts';

const MAX_ATTEMPTS = 5;

/** PostgreSQL's serialization_failure and deadlock_detected: the transaction has to run again. */
const RETRYABLE = new Set(['40001', '40P01']);

const UNIQUE_VIOLATIONS = new Set(['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

const FOREIGN_KEY_VIOLATIONS = new Set(['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY']);

const followUps = new WeakMap<object, (() => void)[]>();

/**
 * Runs `work` in a transaction: all of it happens, or nothing when it throws. If `database` is a transaction, `work`
 * becomes a part of it.
 *
 * PostgreSQL can make `work` run again, and every other writer of an SQLite database waits for it. So it only queries
 * and decides; slow work and effects outside of the database belong before it, after it, or into `afterCommit`.
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
      if (attempt === MAX_ATTEMPTS || !RETRYABLE.has(codeOf(error))) throw error;
      await sleep(Math.random() * 20 * attempt);
      continue;
    }
    for (const followUp of afterwards) followUp();
    return result;
  }
}

/**
 * Calls `followUp` after the transaction commits, never when it fails; at once outside of a transaction. A crash in
 * between loses the call, so it may only speed up what would happen anyway.
 */
export function afterCommit(database: Database | Transaction, followUp: () => void): void {
  const afterwards = followUps.get(database);
  if (afterwards) afterwards.push(followUp);
  else followUp();
}

/**
 * Takes a lock until the transaction ends; other transactions with the same key, on any node, wait for it. SQLite has
 * one writer at a time, so there every transaction already holds every lock.
 */
export async function lockInTransaction(transaction: Transaction, key: string): Promise<void> {
  if (engineOf(transaction) === 'sqlite') return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(transaction);
}

/** For the few queries that differ between the engines. */
export function engineOf(database: Database | Transaction): 'sqlite' | 'postgres' {
  return database.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}

/**
 * Whether a query failed because of a primary key or unique index. PostgreSQL then aborts the transaction around it:
 * catch the error outside of `transact`, or insert with `onConflict` instead.
 */
export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE_VIOLATIONS.has(codeOf(error));
}

/**
 * Whether a query failed because the row that it refers to does not exist, for example because it was deleted after the
 * look-up. PostgreSQL aborts the transaction, as with `isUniqueViolation`.
 */
export function isForeignKeyViolation(error: unknown): boolean {
  return FOREIGN_KEY_VIOLATIONS.has(codeOf(error));
}

/** Whether a query failed because of a string with a NUL character, which neither engine can store. */
export function isUnstorable(error: unknown): boolean {
  return error instanceof UnstorableError || codeOf(error) === '22021';
}

function isTransaction(database: Database | Transaction): database is Transaction {
  return database.isTransaction;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
