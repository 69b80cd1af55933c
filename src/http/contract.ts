/** The parts of an OpenAPI 3.1 document that the server reads. A bundle from `generated/`: every `$ref` is local. */
export interface Contract {
  openapi: string;
  info: { title: string; version: string; summary?: string; description?: string; 'x-audience'?: string };
  paths: Record<string, PathItem>;
  components?: Record<string, Record<string, unknown>>;
  security?: SecurityRequirement[];
  tags?: { name: string; description?: string }[];
}

export type PathItem = { [method in Method]?: OperationObject } & { parameters?: unknown[] };

export interface OperationObject {
  operationId: string;
  tags?: string[];
  summary?: string;
  parameters?: unknown[];
  requestBody?: RequestBody | Reference;
  responses: Record<string, ResponseObject | Reference>;
  security?: SecurityRequirement[];
}

export interface RequestBody {
  required?: boolean;
  content: Record<string, MediaType>;
  /** The body is read as its one declared type; the media type of the request is ignored. */
  'x-any-media-type'?: boolean;
}

export interface ResponseObject {
  description: string;
  headers?: Record<string, HeaderObject | Reference>;
  content?: Record<string, MediaType>;
}

export interface HeaderObject {
  required?: boolean;
  schema?: object;
}

export interface MediaType {
  schema?: object;
  /** By name. */
  examples?: object;
}

export interface Reference {
  $ref: string;
}

/** Scheme name → scopes. A requirement needs all of its schemes; a list needs one of its requirements. */
export type SecurityRequirement = Record<string, string[]>;

export const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;
export type Method = (typeof methods)[number];

/** Follows a local reference (`#/components/…`), and further ones behind it. */
export function resolve<T extends object>(contract: Contract, value: T | Reference): T {
  let current: unknown = value;
  while (typeof current === 'object' && current !== null && '$ref' in current) {
    current = lookUp(contract, (current as Reference).$ref);
  }
  return current as T;
}

/** The value that a local JSON pointer such as `#/components/schemas/Todo` points to. */
export function lookUp(contract: Contract, pointer: string): unknown {
  let value: unknown = contract;
  for (const token of pointer.slice(2).split('/')) {
    value = (value as Record<string, unknown> | undefined)?.[unescapePointer(token)];
  }
  if (value === undefined) throw new Error(`The contract has no ${pointer}`);
  return value;
}

export const escapePointer = (token: string) => token.replaceAll('~', '~0').replaceAll('/', '~1');
const unescapePointer = (token: string) =>
  /[%~]/.test(token) ? decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~') : token;

/**
 * A contract with one path and the components that it needs, so that the cost of a validator does not grow with the
 * number of other paths.
 */
export function extractPath(contract: Contract, path: string): Contract {
  const item = contract.paths[path] as PathItem;
  // Requirements name security schemes without a reference. The validator needs them for API keys in the query.
  const components: Record<string, Record<string, unknown>> = {
    securitySchemes: contract.components?.securitySchemes ?? {},
  };
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === '$ref' && typeof child === 'string') keep(child);
      else visit(child);
    }
  };
  const keep = (pointer: string): void => {
    const [, section, name] = pointer.slice(2).split('/').map(unescapePointer);
    if (section === undefined || name === undefined || components[section]?.[name] !== undefined) return;
    const component = contract.components?.[section]?.[name];
    components[section] = { ...components[section], [name]: component };
    visit(component);
  };
  visit(item);
  const { openapi, info } = contract;
  return { openapi, info, paths: { [path]: item }, components };
}
