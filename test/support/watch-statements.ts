import type { KyselyPlugin } from 'kysely';
import type { Database } from '../../src/database/open.ts';

/** A statement that was executed. */
export interface WatchedStatement {
  kind: 'select' | 'insert' | 'update' | 'delete' | 'other';
  /** The rows that it has changed, without those that a foreign key has changed. */
  changed: number;
}

const kinds: Record<string, WatchedStatement['kind']> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
};

/** A view of a database that records its statements, also those in transactions. */
export function watchStatements(database: Database): { statements: WatchedStatement[]; watched: Database } {
  const statements: WatchedStatement[] = [];
  const kindOf = new WeakMap<object, WatchedStatement['kind']>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      kindOf.set(queryId, kinds[node.kind] ?? 'other');
      return node;
    },
    async transformResult({ queryId, result }) {
      const kind = kindOf.get(queryId) ?? 'other';
      const changed = kind === 'select' ? 0 : Number(result.numAffectedRows ?? result.rows.length);
      statements.push({ kind, changed });
      return result;
    },
  };
  return { statements, watched: database.withPlugin(plugin) };
}
