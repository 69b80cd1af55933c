import { callers } from './callers.ts';
import { readers } from './readers.ts';

/** How far a tool is tried: it reads a contract, or makes code of it that compiles, or that makes a call, too. */
export type Proof = 'reads' | 'generates' | 'compiles' | 'calls';

/** What a tool is to do: one contract, in a folder of its own. */
export interface Job {
  /** The file of the contract. */
  contract: string;
  /** The address of the API in the sandbox, for code that has it built in. */
  baseUrl: string;
}

/** A call to the sandbox, signed in. */
export interface Call {
  operationId: string;
  method: string;
  path: string;
  pathParameters: Record<string, string>;
  /** Whether the operation has query parameters, all of which are left out. */
  hasQuery: boolean;
  body?: object;
  headers: Record<string, string>;
  /** What the answer contains. */
  expected: string;
}

export interface Tool {
  /** The name of its npm package. */
  name: string;
  /** The newest that runs on Node 20. */
  version: string;
  proof: Proof;
  /** Further packages that the tool and its code need, with their versions. */
  packages: Record<string, string>;
  /** Its configuration, by the name of the file. */
  files?(job: Job): Record<string, string>;
  /** Its command line, in the folder of the job. It ends with 0 when the tool accepts the contract. */
  command(job: Job): string[];
  /** The file of its code that the compiler begins with, where there is no program. */
  code?: string;
  /** A program in TypeScript that makes the call with the tool's code and prints the data of the answer. */
  program?(job: Job, call: Call): string;
}

/** The tools that the contracts are tried with. The READMEs have the same list (`test/consumers/tools.test.ts`). */
export const tools: readonly Tool[] = [...callers, ...readers];
