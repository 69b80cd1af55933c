/** Tables of src/files. */
export interface FilesTables {
  files_unkept: FilesUnkeptTable;
}

/** Files whose bytes may be there although nothing refers to them. A file that is kept has no row. */
export interface FilesUnkeptTable {
  key: string;
  since: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends FilesTables {}
}
