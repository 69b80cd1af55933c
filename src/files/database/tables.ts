/** Tables of src/files. */
export interface FilesTables {
  files_unkept: FilesUnkeptTable;
}

/** Unkept files: there may be bytes, but no row refers to them. */
export interface FilesUnkeptTable {
  key: string;
  since: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends FilesTables {}
}
