import type { Context } from '../../context.ts';
import type { Api } from '../../http/api.ts';

/** What the app hands to this room, which knows no other: the APIs beside it. */
export interface Parts {
  apis: readonly Api[];
}

/** The context of the operations of this room. */
export type SandboxContext = Context & { parts: Parts };
