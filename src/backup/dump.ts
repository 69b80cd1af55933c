import type { Database } from '../database/open.ts';

/** How the database of one engine is copied to a file, and back. */
export interface Dump {
  /** The name of the file in a backup. */
  readonly name: 'database.sqlite' | 'database.sql';
  /** Where a file has to be that `replace` takes. */
  readonly folder: string;
  /** Writes the state of one moment to a new file. Others may write to the database meanwhile. */
  write(file: string, database: Database): Promise<void>;
  /** Whether there are tables in the database of the configuration, which may not exist yet. */
  hasTables(): Promise<boolean>;
  /**
   * Puts the tables of the file in place of those that are there: all of it happens, or nothing.
   *
   * @throws ConfigError when a server uses the database
   */
  replace(file: string): Promise<void>;
}
