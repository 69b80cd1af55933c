import type { AnyOutput } from '../../http/operation.ts';
import type { Schemas } from './operation.ts';

/** Every answer under `/api` is `{code, message, data}`, with `data` an object (U-2). */

/** The answer of success: code 1 (U-1). */
export const toSuccess = <const Message extends string, Data extends object>(message: Message, data: Data) => ({
  status: 200 as const,
  headers: { 'Cache-Control': 'no-store' as const },
  body: { code: 1 as const, message, data },
});

/** The same, with the members of `data` at the top level too, where general OAuth clients read them (U-50). */
export function toOAuthSuccess<const Message extends string, Data extends object>(message: Message, data: Data) {
  const answer = toSuccess(message, data);
  return { ...answer, body: { ...answer.body, ...data } };
}

/** One field at fault, as `data.errors` lists it. */
export type FieldError = NonNullable<Schemas['ProblemData']['errors']>[number];

export interface Problem {
  status: number;
  code: 0 | 1000 | 1001 | 1003 | 1004 | -1;
  message: string;
  errors?: readonly FieldError[];
  /** The same in the words of RFC 6749. */
  oauth?: { error: string; error_description: string };
}

/** The answer of an error. */
export const toProblem = ({ status, code, message, errors = [], oauth }: Problem): AnyOutput => ({
  status,
  type: 'application/json',
  headers: { 'Cache-Control': 'no-store' },
  body: { code, message, data: errors.length > 0 ? { errors } : {}, ...oauth },
});
