/** Tables of src/sandbox. */
export interface SandboxTables {
  sandbox_snapshots: SandboxSnapshotsTable;
}

export interface SandboxSnapshotsTable {
  name: string;
  /** Names the migrations of the tables whose rows it has. */
  tables_version: string;
  /** A `Moment`, as JSON. */
  content: string;
  created_at: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends SandboxTables {}
}
