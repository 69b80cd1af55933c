/** Tables of src/sandbox. */
export interface SandboxTables {
  sandbox_snapshots: SandboxSnapshotsTable;
  seed_entries: SeedEntriesTable;
}

export interface SandboxSnapshotsTable {
  name: string;
  /** Names the migrations of the tables whose rows it has. */
  tables_version: string;
  /** A `Moment`, as JSON. */
  content: string;
  created_at: number;
}

/** What an entry of a seed has become. */
export interface SeedEntriesTable {
  api: string;
  /** Its name in the seed, unique in the API. */
  ref: string;
  kind: string;
  /** Its id in the API, as JSON: text or a number. */
  made_id: string;
  /** The name of the app that it belongs to. */
  app_ref: string | null;
  /** How the person signs in, as JSON. */
  person: string | null;
  /** The credentials of the application, as JSON. */
  app: string | null;
  /** The order in which entries were made. */
  position: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends SandboxTables {}
}
