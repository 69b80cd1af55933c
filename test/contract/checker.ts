import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { createParser } from 'eventsource-parser';
import { projectRoot } from '../../src/root.ts';

/**
 * Checks answers independently of the server: it reads the bundle itself and shares no code with `src/http`. It is also
 * stricter: an answer may have no member and no header that the contract does not declare.
 */
export interface Checker {
  operations: ReadonlyMap<string, Operation>;
  /** All violations of the contract in an answer of an operation. */
  problems(operationId: string, answer: Answer): string[];
  /** The error number in an answer, if any. */
  errorCodeOf(answer: Answer): string | undefined;
}

/** One operation of a contract, with all references followed. */
export interface Operation {
  id: string;
  method: string;
  /** Template below the API's base: `/teams/{team_id}`. */
  path: string;
  parameters: readonly Parameter[];
  requestBody: RequestBody | undefined;
  /** Alternatives; each names the schemes that it needs. */
  security: readonly (readonly SecurityScheme[])[];
  /** Media types by declared status. */
  responses: ReadonlyMap<number, readonly string[]>;
  /** Every named example of an answer, by status. */
  examples: ReadonlyMap<number, readonly { name: string; type: string }[]>;
  /** The error numbers of each status in the contract; absent for a status without numbers. */
  errorCodes: ReadonlyMap<number, readonly string[]>;
  /** The members that begin with `x-`. */
  extensions: Readonly<Record<string, unknown>>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required: boolean;
  style: string | undefined;
  explode: boolean | undefined;
  schema: Schema;
  /** Every example that the contract gives. */
  examples: readonly unknown[];
}

export interface RequestBody {
  required: boolean;
  /** `x-any-media-type`: the body is read as its one declared type. */
  acceptsAnyType: boolean;
  content: Record<string, Media>;
}

export interface Media {
  schema: Schema;
  examples: readonly unknown[];
}

export interface SecurityScheme {
  type: string;
  scheme?: string;
  in?: string;
  name?: string;
}

/** An answer as it was received; names of headers in lower case. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export type Schema = Record<string, unknown>;
type Node = Record<string, unknown>;

/** Headers that callers use: an answer may have them only if the contract declares them. */
const headersToDeclare = [
  'location',
  'retry-after',
  'www-authenticate',
  'set-cookie',
  'cache-control',
  'pragma',
  'etag',
  'link',
  'last-modified',
  'accept-ranges',
  'content-range',
  'content-disposition',
  'allow',
];

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

const checkers = new Map<string, Checker>();

/**
 * Reads `generated/<api>.json`, once for all suites of a process.
 *
 * @param errorMember the member of a body with the error number, for an API that has error numbers
 */
export function createChecker(api: string, errorMember?: string): Checker {
  const known = checkers.get(`${api} ${errorMember}`);
  if (known !== undefined) return known;
  // The bench runs from a bundle, at another depth.
  const file = join(projectRoot(), 'generated', `${api}.json`);
  const checker = checkerOf(JSON.parse(readFileSync(file, 'utf8')) as Node, errorMember);
  checkers.set(`${api} ${errorMember}`, checker);
  return checker;
}

export function checkerOf(contract: Node, errorMember?: string): Checker {
  const document = seal(contract);
  const operations = new Map<string, Operation>();
  const responses = new Map<string, Map<number, ResponseCheck>>();
  const compile = compiler(document);
  for (const [path, item] of Object.entries(document.paths as Record<string, Node>)) {
    for (const method of methods) {
      const raw = item[method] as Node | undefined;
      if (raw === undefined) continue;
      const operation = describe(document, path, method, item, raw, errorMember);
      const at = `#/paths/${encodeToken(path)}/${method}/responses`;
      const checks = Object.keys(raw.responses as Node).map(
        (status) => [Number(status), responseCheck(document, `${at}/${status}`, compile)] as const,
      );
      operations.set(operation.id, operation);
      responses.set(operation.id, new Map(checks));
    }
  }
  return {
    operations,
    problems(operationId, answer) {
      const declared = responses.get(operationId);
      if (declared === undefined) return [`${operationId} is not in the contract`];
      const check = declared.get(answer.status);
      if (check === undefined) return [`status ${answer.status} is not declared (${[...declared.keys()].join(', ')})`];
      return [...headerProblems(check, answer), ...bodyProblems(check, answer), ...redirectProblems(answer)];
    },
    errorCodeOf({ headers, body }) {
      if (errorMember === undefined || !/json/.test(String(headers['content-type']))) return undefined;
      const { value } = read('json', body);
      const code = (value as Node | null | undefined)?.[errorMember];
      return code === undefined ? undefined : String(code);
    },
  };
}

interface ResponseCheck {
  headers: Map<string, { required: boolean; isValid: (text: string) => string | undefined }>;
  content: Map<string, ValidateFunction>;
  /** For the events of a stream; their schema is in `contentSchema`. */
  event: ValidateFunction | undefined;
}

function responseCheck(document: Node, pointer: string, compile: Compile): ResponseCheck {
  const { at, node } = follow(document, pointer);
  const content = Object.keys((node.content ?? {}) as Node).map(
    (type) => [type, compile.body(`${at}/content/${encodeToken(type)}/schema`)] as const,
  );
  const headers = Object.keys((node.headers ?? {}) as Node).map((name) => {
    const header = follow(document, `${at}/headers/${encodeToken(name)}`);
    return [
      name.toLowerCase(),
      { required: header.node.required === true, isValid: compile.text(`${header.at}/schema`) },
    ] as const;
  });
  const streamed = (node.content as Node | undefined)?.[eventStream] as { schema?: Node } | undefined;
  const event =
    streamed?.schema?.contentSchema === undefined
      ? undefined
      : compile.body(`${at}/content/${encodeToken(eventStream)}/schema/contentSchema`);
  return { headers: new Map(headers), content: new Map(content), event };
}

function headerProblems({ headers }: ResponseCheck, { headers: sent }: Answer): string[] {
  const problems: string[] = [];
  if (sent['x-request-id'] === undefined) problems.push('X-Request-Id is missing');
  for (const [name, { required, isValid }] of headers) {
    const values = [sent[name] ?? []].flat();
    if (values.length === 0 && required) problems.push(`header ${name} is missing`);
    for (const value of values) {
      const problem = isValid(value);
      if (problem !== undefined) problems.push(`header ${name} is "${value}": ${problem}`);
    }
  }
  for (const name of headersToDeclare) {
    if (sent[name] !== undefined && !headers.has(name)) problems.push(`header ${name} is not declared`);
  }
  return problems;
}

function bodyProblems({ content, event }: ResponseCheck, { headers, body }: Answer): string[] {
  const type = headers['content-type'] as string | undefined;
  if (content.size === 0) {
    return [
      ...(body.length > 0 ? [`a body of ${body.length} bytes is not declared`] : []),
      ...(type === undefined ? [] : [`Content-Type ${type} without a body`]),
    ];
  }
  const essence = type?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const validate = content.get(essence);
  if (validate === undefined) return [`media type ${type} is not declared (${[...content.keys()].join(', ')})`];
  const { problem, value } = read(essence, body);
  if (problem !== undefined) return [problem];
  if (!validate(value)) return describeErrors('body', validate);
  if (essence !== eventStream || event === undefined) return [];
  return eventsIn(String(value)).flatMap((one, index) => (event(one) ? [] : describeErrors(`event ${index}`, event)));
}

const describeErrors = (what: string, { errors }: ValidateFunction) =>
  (errors ?? []).map(
    ({ instancePath, message, params }) => `${what}${instancePath} ${message} ${JSON.stringify(params)}`,
  );

const eventStream = 'text/event-stream';

/** The complete events of the part of a stream that was read, with `data` parsed as JSON. */
function eventsIn(text: string): unknown[] {
  const events: unknown[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      events.push({ ...(id !== undefined && { id }), ...(event !== undefined && { event }), data: JSON.parse(data) });
    },
  });
  parser.feed(text);
  return events;
}

function read(type: string, body: Buffer): { value?: unknown; problem?: string } {
  const text = body.toString();
  if (!type.endsWith('json')) return { value: text };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: `the body is not JSON: ${text.slice(0, 80)}` };
  }
}

function redirectProblems({ status, headers }: Answer): string[] {
  if (![301, 302, 303, 307, 308].includes(status)) return [];
  const { location } = headers;
  if (typeof location !== 'string' || location === '') return ['a redirect without Location'];
  return URL.canParse(location, 'http://base.example') && /^[\x21-\x7e]+$/.test(location)
    ? []
    : [`Location is not a URI reference: ${location}`];
}

interface Compile {
  body(pointer: string): ValidateFunction;
  /** For values of headers: the text is converted to the type of the schema. Returns the problem, if any. */
  text(pointer: string): (text: string) => string | undefined;
}

function compiler(document: Node): Compile {
  const create = (coerceTypes: boolean) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false, coerceTypes });
    formats.default(ajv, { mode: 'full' });
    ajv.addSchema({ $id: 'contract:', ...document });
    // By its whole address, Ajv compiles a schema once, and not for each schema that refers to it.
    const { schemas = {} } = (document.components ?? {}) as { schemas?: Record<string, Node> };
    for (const [name, schema] of Object.entries(schemas))
      ajv.addSchema(schema, `contract:${encodeURI(`#/components/schemas/${encodeToken(name)}`)}`);
    return ajv;
  };
  const [values, texts] = [create(false), create(true)];
  const reference = (pointer: string) => ({ $ref: `contract:${encodeURI(pointer)}` });
  return {
    body: (pointer) => lazy(() => values.compile(reference(pointer))),
    text(pointer) {
      const validate = lazy(() => texts.compile({ type: 'object', properties: { value: reference(pointer) } }));
      return (value) => (validate({ value }) ? undefined : validate.errors?.map(({ message }) => message).join(', '));
    },
  };
}

/** Compiles on first use. */
function lazy(make: () => ValidateFunction): ValidateFunction {
  let made: ValidateFunction | undefined;
  const validate = (value: unknown) => {
    made ??= make();
    const valid = made(value);
    validate.errors = made.errors;
    return valid;
  };
  validate.errors = undefined as ValidateFunction['errors'];
  return validate as ValidateFunction;
}

function describe(
  document: Node,
  path: string,
  method: string,
  item: Node,
  raw: Node,
  errorMember: string | undefined,
): Operation {
  const get = (value: unknown) => dereference(document, value);
  const media = (content: unknown) =>
    Object.fromEntries(
      Object.entries(content as Record<string, Node>).map(([type, { schema, ...rest }]) => [
        type,
        { schema: get(schema), examples: examplesOf(document, rest, schema) },
      ]),
    );
  const body = raw.requestBody === undefined ? undefined : get(raw.requestBody);
  const schemes = (get(document.components).securitySchemes ?? {}) as Node;
  const security = (raw.security ?? document.security ?? []) as Record<string, unknown>[];
  /** Collects values from all media types of each status, without duplicates. */
  const byStatus = <Value>(valuesOf: (media: Node, type: string) => Value[]) =>
    new Map(
      Object.entries(raw.responses as Node).flatMap(([status, response]): [number, Value[]][] => {
        const content = Object.entries((get(response).content ?? {}) as Record<string, Node>);
        const values = content.flatMap(([type, media]) => valuesOf(media, type));
        return values.length === 0 ? [] : [[Number(status), [...new Set(values)]]];
      }),
    );
  return {
    id: raw.operationId as string,
    method: method.toUpperCase(),
    path,
    parameters: [...((item.parameters ?? []) as unknown[]), ...((raw.parameters ?? []) as unknown[])].map(
      (reference) => {
        const { schema, required = false, ...rest } = get(reference);
        return {
          ...(rest as unknown as Parameter),
          required: required as boolean,
          schema: get(schema),
          examples: examplesOf(document, rest, schema),
        };
      },
    ),
    requestBody: body && {
      required: body.required === true,
      acceptsAnyType: body['x-any-media-type'] === true,
      content: media(body.content),
    },
    security: security.map((requirement) =>
      Object.keys(requirement).map((name) => get(schemes[name]) as unknown as SecurityScheme),
    ),
    responses: new Map(
      Object.entries(raw.responses as Node).map(([status, response]) => [
        Number(status),
        Object.keys((get(response).content ?? {}) as Node),
      ]),
    ),
    examples: byStatus(({ examples = {} }, type) => Object.keys(examples as Node).map((name) => ({ name, type }))),
    errorCodes: byStatus((node) => (errorMember === undefined ? [] : errorCodes(document, node, errorMember))),
    extensions: Object.fromEntries(Object.entries(raw).filter(([key]) => key.startsWith('x-'))),
  };
}

/** The error numbers that a schema lists for the member; if it lists none, those of the examples. */
function errorCodes(document: Node, media: Node, member: string): string[] {
  const listed = (schema: unknown): unknown[] => {
    const { properties = {}, oneOf = [], anyOf = [], allOf = [] } = dereference(document, schema);
    const alternatives = [...(oneOf as unknown[]), ...(anyOf as unknown[]), ...(allOf as unknown[])];
    return [...valuesOf((properties as Node)[member]), ...alternatives.flatMap(listed)];
  };
  /** A number may be listed both as text and as a number. */
  const valuesOf = (schema: unknown): unknown[] => {
    const { const: constant, enum: values, anyOf = [] } = dereference(document, schema);
    const own = [...(constant === undefined ? [] : [constant]), ...((values ?? []) as unknown[])];
    return [...own, ...(anyOf as unknown[]).flatMap(valuesOf)];
  };
  const numbers = listed(media.schema);
  const shown = examplesOf(document, media, media.schema).map((example) => (example as Node | null)?.[member]);
  // Where an example has none, the member tells no outcomes apart.
  const all = numbers.length > 0 ? numbers : shown.includes(undefined) ? [] : shown;
  return [...new Set(all.map(String))];
}

/** The examples of a parameter or media type, or of its schema, or the values that the schema lists. */
function examplesOf(document: Node, { example, examples }: Node, schema: unknown): unknown[] {
  if (example !== undefined) return [example];
  if (examples !== undefined)
    return Object.values(examples as Node).map((reference) => dereference(document, reference).value);
  const { example: one, examples: many, const: constant, enum: values, default: usual } = dereference(document, schema);
  return [...((many ?? []) as unknown[]), one, constant, ...((values ?? []) as unknown[]), usual].filter(
    (value) => value !== undefined,
  );
}

/** The same contract without undeclared members, except in objects that allow additional ones. */
function seal(contract: Node): Node {
  const isOpen = (schema: unknown): boolean => {
    const { properties, allOf, anyOf, oneOf, additionalProperties, unevaluatedProperties } = dereference(
      contract,
      schema,
    );
    return (
      Boolean(properties ?? allOf ?? anyOf ?? oneOf) &&
      additionalProperties === undefined &&
      unevaluatedProperties === undefined
    );
  };
  const close = (schema: unknown): unknown =>
    isOpen(schema) ? { ...(inside(schema) as Node), unevaluatedProperties: false } : inside(schema);
  const each = (map: unknown, change: (schema: unknown) => unknown) =>
    Object.fromEntries(Object.entries(map as Node).map(([name, schema]) => [name, change(schema)]));
  const inside = (schema: unknown): unknown => {
    if (typeof schema !== 'object' || schema === null) return schema;
    const changed = Object.entries(schema).map(([keyword, value]) => {
      if (['properties', 'patternProperties'].includes(keyword)) return [keyword, each(value, close)];
      if (keyword === '$defs') return [keyword, each(value, inside)];
      if (['items', 'additionalProperties', 'contains', 'contentSchema'].includes(keyword))
        return [keyword, close(value)];
      if (keyword === 'prefixItems') return [keyword, (value as unknown[]).map(close)];
      if (['allOf', 'anyOf', 'oneOf'].includes(keyword)) return [keyword, (value as unknown[]).map(inside)];
      return [keyword, ['then', 'else'].includes(keyword) ? inside(value) : value];
    });
    return Object.fromEntries(changed);
  };
  const walk = (node: unknown, inRequest = false): unknown => {
    if (Array.isArray(node)) return node.map((value) => walk(value, inRequest));
    if (typeof node !== 'object' || node === null) return node;
    const changed = Object.entries(node).map(([key, value]) => {
      if (key === 'schemas') return [key, each(value, inside)];
      if (key === 'schema' && !inRequest) return [key, close(value)];
      if (['example', 'examples', 'value'].includes(key)) return [key, value];
      return [key, walk(value, inRequest || ['requestBody', 'requestBodies', 'parameters'].includes(key))];
    });
    return Object.fromEntries(changed);
  };
  return walk(contract) as Node;
}

function dereference(document: Node, value: unknown): Node {
  let node = (value ?? {}) as Node;
  while (typeof node.$ref === 'string' && !('oneOf' in node)) node = follow(document, node.$ref).node;
  return node;
}

/** The value at a pointer, and its final pointer after references. */
function follow(document: Node, pointer: string): { at: string; node: Node } {
  let node: unknown = document;
  for (const token of pointer.slice(2).split('/')) node = (node as Node | undefined)?.[decodeToken(token)];
  if (node === undefined) throw new Error(`Nothing is at ${pointer}`);
  const { $ref } = node as Node;
  return typeof $ref === 'string' ? follow(document, $ref) : { at: pointer, node: node as Node };
}

const encodeToken = (token: string) => token.replaceAll('~', '~0').replaceAll('/', '~1');
const decodeToken = (token: string) => decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
