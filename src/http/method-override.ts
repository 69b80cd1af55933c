import type { Request, Response } from 'express';
import { type BodyLimits, formReader } from './read-body.ts';

const overriding = ['PUT', 'PATCH', 'DELETE'];

/** The method that a POST stands for. With a form in the body, the body is read. */
export type ReadMethod = (request: Request, response: Response, allowed: readonly string[]) => Promise<string>;

/**
 * The override of Laravel, for clients that can only send GET and POST: the header X-HTTP-Method-Override, or the field
 * `_method` of a form, which is removed from it.
 */
export function methodReader(limits: BodyLimits): ReadMethod {
  const readForm = formReader(limits);
  return async (request, response, allowed) => {
    const inHeader = overrideOf(request.headers['x-http-method-override']);
    if (inHeader !== undefined) return inHeader;
    if (!overriding.some((method) => allowed.includes(method)) || !(await readForm(request, response))) return 'POST';
    const { _method: field, ...body } = request.body;
    request.body = body;
    return overrideOf(field) ?? 'POST';
  };
}

function overrideOf(value: unknown): string | undefined {
  const method = String(value).trim().toUpperCase();
  return overriding.includes(method) ? method : undefined;
}
