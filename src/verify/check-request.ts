import type { Wire } from './exchange.ts';
import type { Operation } from './operations.ts';
import { dereference, type Node } from './references.ts';
import type { Compile } from './schemas.ts';

/** What a request breaks, and the parameter that is wrong, if it is one. */
export interface RequestProblem {
  what: string;
  pointer: string;
  parameter?: string;
}

/**
 * What the contract does not allow in a request. Members that are null and parameters that are empty count as absent, as
 * servers read them.
 */
export function* requestProblems(
  { parameters, requestBody, pointer: at }: Operation,
  { target, headers, body }: Wire,
  contract: Node,
  compile: Compile,
): Generator<RequestProblem> {
  const query = new URLSearchParams(target.split('?', 2)[1] ?? '');
  for (const { name, in: place, required, pointer, schema } of parameters) {
    if (place !== 'query' || schema.type === 'object' || schema.type === 'array') continue;
    const value = query.get(name) ?? '';
    if (value === '' && required) yield { what: `the parameter ${name} is missing`, pointer, parameter: name };
    if (value === '') continue;
    const problem = compile.text(pointer)(value);
    if (problem !== undefined) yield { what: `the parameter ${name} ${problem}`, pointer, parameter: name };
  }
  if (requestBody === undefined || requestBody.acceptsAnyType) return;
  const pointer = `${at}/requestBody`;
  if (body === undefined || body.length === 0) {
    if (requestBody.required) yield { what: 'there is no body', pointer };
    return;
  }
  const type = headers['Content-Type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const media = requestBody.content[type];
  if (media === undefined) yield { what: `the body has the media type ${type || '(none)'}`, pointer };
  else if (type.endsWith('json') || type.endsWith('x-www-form-urlencoded'))
    yield* bodyProblems(type, Buffer.from(body).toString(), media.pointer, contract, compile);
}

function* bodyProblems(
  type: string,
  text: string,
  pointer: string,
  contract: Node,
  compile: Compile,
): Generator<RequestProblem> {
  if (!type.endsWith('json')) {
    const isValid = compile.form(pointer);
    if (!isValid(fieldsOf(text))) yield { what: `the body breaks its schema: ${messageOf(isValid.errors)}`, pointer };
    return;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    yield { what: 'the body is not JSON', pointer };
    return;
  }
  const isValid = compile.body(pointer);
  if (isValid(value) || isValid(withoutNulls(value))) return;
  const implied = (contract['x-implied-fields'] ?? []) as string[];
  const lacks = implied.some((name) => !(name in Object(value)) && name in membersOf(contract, pointer));
  if (!lacks) yield { what: `the body breaks its schema: ${messageOf(isValid.errors)}`, pointer };
}

const membersOf = (contract: Node, pointer: string): Node =>
  (dereference(contract, { $ref: pointer }).properties ?? {}) as Node;

/** Fields that are given several times are lists. */
function fieldsOf(text: string): Node {
  const form = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(given.map(([name, one]) => [name, withoutNulls(one)]));
}

const messageOf = (errors: readonly { instancePath: string; message?: string | undefined }[] | null | undefined) =>
  [...new Set((errors ?? []).slice(0, 3).map(({ instancePath, message }) => `body${instancePath} ${message}`))].join(
    ', ',
  );
