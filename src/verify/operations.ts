import { dereference, encodeToken, follow, type Node } from './references.ts';

export type Schema = Record<string, unknown>;

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
  /** JSON pointer in the contract. */
  pointer: string;
  /** The error numbers of each status in the contract; absent for a status without numbers. */
  errorCodes: ReadonlyMap<number, readonly string[]>;
  /** Those that a schema lists: other numbers are violations. */
  listedCodes: ReadonlyMap<number, readonly string[]>;
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
  /** JSON pointer of the schema. */
  pointer: string;
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
  /** JSON pointer of the schema. */
  pointer: string;
  examples: readonly unknown[];
}

export interface SecurityScheme {
  /** Its name among the contract's schemes. */
  key: string;
  type: string;
  scheme?: string;
  in?: string;
  name?: string;
  /** The digest of the secret that stands in its place. */
  'x-secret-digest'?: string;
}

/** How an API numbers the outcomes of its operations in the body: `x-error-numbers` of a contract. */
export interface ErrorNumbers {
  member: string;
  /** The number of success. */
  success: number;
}

export const errorNumbersOf = (document: Node) => document['x-error-numbers'] as ErrorNumbers | undefined;

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

/** Every operation of a bundled contract, in its order. */
export function readOperations(document: Node): Operation[] {
  const member = errorNumbersOf(document)?.member;
  return Object.entries(document.paths as Record<string, Node>).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const raw = item[method] as Node | undefined;
      return raw === undefined ? [] : [describe(document, path, method, item, raw, member)];
    }),
  );
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
  const pointer = `/paths/${encodeToken(path)}/${method}`;
  const body = raw.requestBody === undefined ? undefined : follow(document, `#${pointer}/requestBody`);
  const media = ({ at, node }: NonNullable<typeof body>) =>
    Object.fromEntries(
      Object.entries(node.content as Record<string, Node>).map(([type, { schema, ...rest }]) => [
        type,
        {
          schema: get(schema),
          pointer: `${at}/content/${encodeToken(type)}/schema`,
          examples: examplesOf(document, rest, schema),
        },
      ]),
    );
  const parametersAt = (owner: string, list: unknown = []) =>
    (list as unknown[]).map((_, index) => follow(document, `#${owner}/parameters/${index}`));
  const own = parametersAt(pointer, raw.parameters);
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
    pointer,
    parameters: [
      ...parametersAt(`/paths/${encodeToken(path)}`, item.parameters).filter(
        ({ node }) => !own.some((other) => other.node.name === node.name && other.node.in === node.in),
      ),
      ...own,
    ].map(({ at, node: { schema, required = false, ...rest } }) => ({
      ...(rest as unknown as Parameter),
      required: required as boolean,
      schema: get(schema),
      pointer: `${at}/schema`,
      examples: examplesOf(document, rest, schema),
    })),
    requestBody: body && {
      required: body.node.required === true,
      acceptsAnyType: body.node['x-any-media-type'] === true,
      content: media(body),
    },
    security: security.map((requirement) =>
      Object.keys(requirement).map((name) => ({ key: name, ...get(schemes[name]) }) as unknown as SecurityScheme),
    ),
    responses: new Map(
      Object.entries(raw.responses as Node).map(([status, response]) => [
        Number(status),
        Object.keys((get(response).content ?? {}) as Node),
      ]),
    ),
    examples: byStatus(({ examples = {} }, type) => Object.keys(examples as Node).map((name) => ({ name, type }))),
    errorCodes: byStatus((node) => (errorMember === undefined ? [] : errorCodes(document, node, errorMember))),
    listedCodes: byStatus((node) => (errorMember === undefined ? [] : listedCodes(document, node, errorMember))),
    extensions: Object.fromEntries(Object.entries(raw).filter(([key]) => key.startsWith('x-'))),
  };
}

/** The error numbers that a schema lists for the member; if it lists none, those of the examples. */
function errorCodes(document: Node, media: Node, member: string): string[] {
  const listed = listedCodes(document, media, member);
  if (listed.length > 0) return listed;
  const shown = examplesOf(document, media, media.schema).map((example) => (example as Node | null)?.[member]);
  // Where an example has none, the member tells no outcomes apart.
  return shown.includes(undefined) ? [] : [...new Set(shown.map(String))];
}

/** The error numbers that a schema lists for the member. */
function listedCodes(document: Node, media: Node, member: string): string[] {
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
  return [...new Set(listed(media.schema).map(String))];
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
