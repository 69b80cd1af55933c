/** Tables of src/files. */
export interface FilesTables {
  files_unkept: FilesUnkeptTable;
}

/** Files that may have bytes although no row refers to them. A kept file is not listed here. */
export interface FilesUnkeptTable {
  key: string;
  since: number;
}

declare module '../../database/tables.ts' {
  interface Tables extends FilesTables {}
}
