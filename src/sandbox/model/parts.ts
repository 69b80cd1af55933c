import type { Context } from '../../context.ts';
import type { TableOwner } from '../../database/owner.ts';
import type { Api } from '../../http/api.ts';
import type { Controls } from './control.ts';

/** What the app hands to this room, which knows no other. */
export interface Parts {
  /** The APIs beside this one. */
  apis: readonly Api[];
  /** The owners of the tables of which each world has its own: all but this room. */
  tableOwners: readonly TableOwner[];
  /**
   * Starts the work that no request causes.
   *
   * @returns stops it
   */
  start(context: Context): () => Promise<void>;
  /** Deletes what has expired by the clock of the context. */
  cleanUp(context: Context): Promise<void>;
  /** Faults, and the log of requests. */
  controls: Controls;
}

/** The context of the operations of this room. */
export type SandboxContext = Context & { parts: Parts };

/** How the names of the tables begin of which each world has its own. */
export const prefixesOf = ({ tableOwners }: Pick<Parts, 'tableOwners'>): string[] =>
  tableOwners.map(({ name }) => `${name}_`);
