import type { Request, Response } from 'express';
import type { Contract, RequestBody } from './contract.ts';
import { type BodyContext, formReader } from './read-body.ts';

const overriding = ['PUT', 'PATCH', 'DELETE'];

/** The method that a POST stands for. With a form in the body, the body is read. */
export type ReadMethod = (request: Request, response: Response) => Promise<string>;

/**
 * The override of Laravel, for clients that can only send GET and POST: the header X-HTTP-Method-Override, or the field
 * `_method` of a form, which is removed from it.
 *
 * @param bodies the bodies of one path, by method
 */
export function methodReader(
  contract: Contract,
  bodies: ReadonlyMap<string, RequestBody | undefined>,
  context: BodyContext,
): ReadMethod {
  const readForm = formReader(
    contract,
    [...bodies.values()].filter((body) => body !== undefined),
    context,
  );
  const isOverridden = overriding.some((method) => bodies.has(method));
  return async (request, response) => {
    const inHeader = overrideOf(request.headers['x-http-method-override']);
    if (inHeader !== undefined) return inHeader;
    if (!isOverridden || !(await readForm(request, response))) return 'POST';
    const { _method: field, ...body } = request.body;
    request.body = body;
    return overrideOf(field) ?? 'POST';
  };
}

function overrideOf(value: unknown): string | undefined {
  const method = String(value).trim().toUpperCase();
  return overriding.includes(method) ? method : undefined;
}
