import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toWire } from '../../src/verify/exchange.ts';
import type { Answer } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { send } from '../../src/verify/send.ts';
import { type CountingServer, startCounting } from '../support/counting-server.ts';
import { describeEachDatabase, type TestDatabases } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';
import type { Replace } from '../support/statements.ts';
import { createChecker } from './checker.ts';
import { suite as gobelieve } from './gobelieve.cases.ts';
import { perform, type Suite, successCases } from './harness.ts';
import { suite as ppmessage } from './ppmessage.cases.ts';
import { suite as tower } from './tower.cases.ts';
import { suite as ucenter } from './ucenter.cases.ts';

/**
 * Another request, or a reset of the sandbox, may delete a row between two statements of one request. The caller then gets
 * what the contract declares for something that does not exist, never a 500.
 *
 * Each request of success is sent many times. The first time its first statement that depends on a row misses it, then its
 * second one, and so on. All transactions are rolled back, so that the request stays one of success.
 */
const modes: Record<string, Mode> = {
  'one search finds nothing': { isMeant: isSearch, isOnward: false, engines: ['sqlite', 'postgres'] },
  'from one search on nothing is found': { isMeant: isSearch, isOnward: true, engines: ['sqlite'] },
  'from one insert on rows refer to deleted ones': {
    isMeant: (text) => /^\s*insert\b/.test(text),
    ofInserts: true,
    isOnward: true,
    engines: ['sqlite'],
  },
};

interface Mode {
  /** Whether the statement depends on a row. */
  isMeant(text: string): boolean;
  ofInserts?: boolean;
  /** Whether the statements after it miss their rows, too. */
  isOnward: boolean;
  /** SQLite alone where the code above the drivers decides; PostgreSQL has some statements of its own. */
  engines: TestDatabases['engine'][];
}

/** Statements that are left alone. */
const others: [pattern: RegExp, why: string][] = [
  [/^select (count|max|exists|coalesce|cast)\b(?!.* group by )/, 'they return one row for any number of rows'],
  [/^\s*with\b.*\)\s*select (coalesce|\(select count)\(/s, 'they count, for each span of time or all at once'],
  [/pg_advisory|setval|set_config/, 'they read no table'],
  [/from "ucenter_fields"/, 'no request deletes fields: they are settings'],
  [/^select "app_id", "digest" from "gobelieve_files"/, 'a file that is deleted would leave room for the new one'],
];

/** A statement that looks for rows. */
function isSearch(text: string): boolean {
  return /^\s*(select|with|update|delete)\b/.test(text) && !others.some(([pattern]) => pattern.test(text));
}

/** The result without the row. `readManyRows` gets a list in one row. */
function resultWithout(text: string): object[] | Error | undefined {
  const [, table] = /^\s*insert into "(\w+)"/.exec(text) ?? [];
  if (table !== undefined)
    return referring.has(table)
      ? Object.assign(new Error(`constraint of ${table}`), { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
      : undefined;
  return /^select json_(group_array|agg)\(/.test(text) ? [{ list: null }] : [];
}

/** Operations of PPMessage whose rows refer to rows of the same transaction. */
const foundations = ['createApp', 'signUp'];

/** The tables with foreign keys. */
let referring: Set<string>;

const secrets = /sqlite|postgres|kysely|no result|constraint|driver|node_modules|\.ts:\d/i;

/** The row of the statement with this number, which counts from 1, is missing. */
class Deletion {
  /** The statement, if there are so many. */
  text: string | undefined;
  /** Whether a row was written that stays: outside of a transaction. */
  hasWritten = false;
  readonly #number: number;
  readonly #mode: Mode;
  #count = 0;
  #isInTransaction = false;

  constructor(number: number, mode: Mode) {
    this.#number = number;
    this.#mode = mode;
  }

  readonly replace: Replace = (text) => {
    if (/^begin/.test(text)) this.#isInTransaction = true;
    if (/^(commit|rollback)/.test(text)) this.#isInTransaction = false;
    if (/^commit/.test(text)) return 'rollback';
    if (this.#mode.isMeant(text)) {
      this.#count += 1;
      if (this.#count === this.#number) this.text = text;
      if (this.#count === this.#number || (this.#mode.isOnward && this.#count > this.#number))
        return resultWithout(text);
    }
    if (/^\s*(insert|update|delete)\b/.test(text) && !this.#isInTransaction) this.hasWritten = true;
    return undefined;
  };
}

/** Every operation may answer 503: in the form of its 500, with `Retry-After`. */
function asDeclared({ responses }: Operation, answer: Answer): Answer {
  if (answer.status !== 503 || responses.has(503)) return answer;
  const { 'retry-after': _, ...headers } = answer.headers;
  return { ...answer, status: 500, headers };
}

for (const suite of [tower, ucenter, ppmessage, gobelieve] as Suite[]) {
  const { api } = suite;
  const checker = createChecker(api.name);
  describeEachDatabase(`${api.name}: rows that are deleted during a request`, (databases) => {
    let server: TestServer;
    let counting: CountingServer;
    let world: unknown;
    beforeAll(async () => {
      server = await startServer({ DATABASE_URL: await databases.createUrl() }, [api]);
      counting = await startCounting(server, [api]);
      world = await suite.createWorld(`${server.url}/${api.name}`, server);
      if (databases.engine === 'postgres') return;
      const { rows } = await sql<{ name: string }>`
        select distinct m.name from sqlite_master m join pragma_foreign_key_list(m.name)`.execute(
        server.context.database,
      );
      referring = new Set(rows.map(({ name }) => name));
    });
    afterAll(async () => {
      await counting?.close();
      await server?.close();
    });

    const problemsOf = async (operation: Operation, mode: Mode): Promise<string[]> => {
      const success = Math.min(...operation.responses.keys());
      const found: string[] = [];
      for (const [index, one] of successCases(suite, operation).entries()) {
        let wire = toWire(operation, await perform(one, world));
        for (let number = 1; ; number += 1) {
          const deletion = new Deletion(number, mode);
          counting.replace = deletion.replace;
          const answer = await send(`${counting.url}/${api.name}`, wire);
          await counting.statements();
          const text = answer.body.toString();
          const problems = checker.problems(operation.id, asDeclared(operation, answer));
          if (answer.status === 500) problems.unshift(text.slice(0, 200));
          if (/server_error/.test(String(answer.headers.location))) problems.push(String(answer.headers.location));
          if (answer.status >= 400 && secrets.test(text)) problems.push(text);
          if (problems.length > 0)
            found.push(`case ${index}, ${number}: ${deletion.text}\n  ${answer.status} ${problems.join('\n  ')}`);
          if (deletion.hasWritten) wire = toWire(operation, await perform(one, world));
          if (deletion.text === undefined) break;
        }
        // Otherwise the deletions above have not begun from a success.
        counting.replace = undefined;
        const { status, body } = await send(`${counting.url}/${api.name}`, wire);
        if (status !== success) found.push(`case ${index} is no success: ${status} ${body.toString().slice(0, 200)}`);
      }
      return found;
    };

    const here = Object.entries(modes).filter(([, { engines }]) => engines.includes(databases.engine));
    describe.each(here)('%s', (_, mode) => {
      const isFounding = (id: string) => mode.ofInserts && foundations.includes(id);
      for (const operation of [...checker.operations.values()].filter(({ id }) => !isFounding(id)))
        it(operation.id, async () => {
          expect(await problemsOf(operation, mode)).toEqual([]);
        }, 60_000);
    });
  });
}
