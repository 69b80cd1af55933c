import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ErrorDetail } from '../errors.ts';
import { keptWith } from '../lazy.ts';
import {
  type Contract,
  escapePointer,
  type HeaderObject,
  type Method,
  type ResponseObject,
  resolve,
} from './contract.ts';
import type { AnyOutput } from './operation.ts';
import type { Schema } from './places.ts';
import { isJson } from './respond.ts';
import { type Pruned, pruner } from './undeclared.ts';

/** A response that the contract does not allow. The message names the field and is only for the log. */
export class ResponseContractError extends Error {
  override name = 'ResponseContractError';
  readonly status: number;
  readonly detail: ErrorDetail;

  /**
   * @param status of the response
   * @param detail the value that is not allowed; its path begins with `/status`, `/headers` or `/body`
   */
  constructor(message: string, status: number, detail: ErrorDetail) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

/** @param path of the value, beginning with `/status`, `/headers` or `/body` */
const violation = (status: number, path: string, keyword: string, message: string, logged = message) =>
  new ResponseContractError(`${status}: ${logged}`, status, { path, message, keyword });

/**
 * Validates status, media type, headers and body of an output.
 *
 * @returns JSON pointers of the members that were taken out of the body because the contract does not declare them
 * @throws ResponseContractError
 */
export type ValidateResponse = (output: AnyOutput) => readonly string[];

interface BodyCheck {
  validate: ValidateFunction;
  prune: (body: unknown) => Pruned;
}

interface DeclaredResponse {
  mediaTypes: readonly string[];
  headers: { name: string; required: boolean; validate: ValidateFunction }[];
  bodies: Map<string, BodyCheck | undefined>;
}

/**
 * The response validator of one operation. It uses Ajv: express-openapi-validator checks only `res.json` below status
 * 500, without headers and media types. Schemas are compiled with the first response of a status.
 *
 * A schema allows members that it does not declare, and in requests they are ignored. In a response they are a
 * violation, or are left out: a handler that returns a whole row would otherwise send its secrets.
 *
 * @param leavesOut takes undeclared members out of the body; otherwise they are a violation
 */
export function responseValidator(
  contract: Contract,
  path: string,
  method: Method,
  { leavesOut }: { leavesOut: boolean },
): ValidateResponse {
  const responses = contract.paths[path]?.[method]?.responses ?? {};
  const declared = new Map<number, DeclaredResponse>();
  const forBodies = () => compilers(contract, 'bodies', () => createAjv(contract));
  // Headers are text.
  const forHeaders = () => compilers(contract, 'headers', () => createAjv(contract, { coerceTypes: true }));

  const compile = (status: number): DeclaredResponse => {
    const reference = responses[status];
    if (reference === undefined)
      throw violation(status, '/status', 'responses', 'the status is not declared', `status ${status} is not declared`);
    const response = resolve(contract, reference) as ResponseObject;
    const bodies = Object.entries(response.content ?? {}).map(
      ([type, { schema }]) =>
        [type, schema && isJson(type) ? bodyCheck(contract, schema, forBodies()) : undefined] as const,
    );
    // `respond` adds the request id to every response.
    const declaredHeaders = Object.entries(response.headers ?? {}).filter(([name]) => name !== 'X-Request-Id');
    const headers = declaredHeaders.map(([name, header]) => {
      const { required = false, schema = {} } = resolve(contract, header) as HeaderObject;
      return { name, required, validate: forHeaders().compile(local(schema)) };
    });
    return { bodies: new Map(bodies), headers, mediaTypes: bodies.map(([type]) => type) };
  };

  return (output) => {
    let response = declared.get(output.status);
    if (response === undefined) {
      response = compile(output.status);
      declared.set(output.status, response);
    }
    checkHeaders(response, output);
    const undeclared = checkBody(response, output);
    if (undeclared.length > 0 && !leavesOut)
      throw violation(
        output.status,
        `/body${undeclared[0]}`,
        'properties',
        'is not declared',
        `not declared: ${undeclared.slice(0, 10).join(', ')}`,
      );
    return undeclared;
  };
}

/** Schemas apply to JSON only, not to text and bytes. */
function bodyCheck(contract: Contract, schema: object, ajv: Ajv2020): BodyCheck {
  const validators = new Map<Schema, ValidateFunction>();
  const validatorOf = (part: Schema) => {
    const validate = validators.get(part) ?? ajv.compile(local(part));
    validators.set(part, validate);
    return validate;
  };
  return { validate: validatorOf(schema), prune: pruner(contract, schema, (part, value) => validatorOf(part)(value)) };
}

function checkHeaders({ headers }: DeclaredResponse, output: AnyOutput) {
  for (const { name, required, validate } of headers) {
    const value = output.headers?.[name];
    if (value === undefined) {
      if (required)
        throw violation(output.status, `/headers/${name}`, 'required', 'is missing', `header ${name} is missing`);
    } else if (!validate(value)) {
      const { message = '', keyword = '' } = validate.errors?.[0] ?? {};
      throw violation(output.status, `/headers/${name}`, keyword, message, `header ${name} ${message}`);
    }
  }
}

/** Leaves undeclared members out of the body and returns their JSON pointers. */
function checkBody({ bodies, mediaTypes }: DeclaredResponse, output: AnyOutput): readonly string[] {
  const { status, type, body } = output;
  if (body === undefined) {
    if (bodies.size > 0) throw violation(status, '/body', 'content', 'is missing', 'the body is missing');
    return [];
  }
  if (type === undefined || !bodies.has(type)) {
    const declared = mediaTypes.join(', ') || 'no body';
    throw violation(status, '/body', 'content', `media type ${type} is not declared (${declared})`);
  }
  const check = bodies.get(type);
  if (check === undefined) return [];
  if (!check.validate(body)) {
    const { instancePath = '', message = '', keyword = '', params = {} } = check.validate.errors?.[0] ?? {};
    const member = keyword === 'required' ? `/${params.missingProperty}` : '';
    const logged = `body${instancePath} ${message} ${JSON.stringify(params)}`;
    throw violation(status, `/body${instancePath}${member}`, keyword, message, logged);
  }
  const { value, undeclared } = check.prune(body);
  output.body = value;
  return undeclared;
}

const root = 'contract:';

/** One for all operations: the schemas that they share are compiled once. */
const compilers = keptWith<Contract, Ajv2020>();

function createAjv(contract: Contract, options: { coerceTypes?: boolean } = {}): Ajv2020 {
  // A schema that others refer to is compiled once and called, not copied into each of them.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, inlineRefs: false, ...options });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  // Only the schemas: an OpenAPI document has other members that look like schemas.
  const schemas = (contract.components?.schemas ?? {}) as Record<string, Schema>;
  ajv.addSchema({ $id: root, components: { schemas } });
  // Ajv keeps what it has compiled for a schema that it can find by its whole address.
  for (const [name, schema] of Object.entries(schemas))
    ajv.addSchema(local(schema) as object, `${root}#/components/schemas/${escapePointer(name)}`);
  return ajv;
}

/** A schema of the contract with absolute references, so that it compiles outside of the document. */
function local(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${root}#/`));
}
