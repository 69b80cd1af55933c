import type { Evidence, Verification } from './recorder.ts';
import { decodePointer, dereference, type Node } from './references.ts';
import type { Finding } from './report.ts';

/** An OpenAPI Overlay 1.0 document. */
export interface Overlay {
  overlay: '1.0.0';
  info: { title: string; version: string };
  actions: { target: string; description?: string; update?: unknown; remove?: true }[];
}

/**
 * The changes that would make the contract true for what the server has answered.
 *
 * @returns the overlay, and the findings that no contract can describe, such as a failure of the server
 */
export function toOverlay(contract: Node, { report, evidence }: Verification): { overlay: Overlay; left: Finding[] } {
  const changes = new Map<string, OperationChange>();
  const left = new Set<Finding>();
  for (const seen of evidence) {
    const { finding } = seen;
    const [, path = '', method = ''] = decodePointer(pointerOf(contract, finding));
    const key = `${method} ${path}`;
    const change = changes.get(key) ?? new OperationChange(contract, path, method);
    if (change.apply(seen)) changes.set(key, change);
    else left.add(finding);
  }
  const actions = [...changes.values()].flatMap((change) => change.actions());
  const overlay: Overlay = {
    overlay: '1.0.0',
    info: { title: `What ${report.url} answers to ${report.api}`, version: '1.0.0' },
    // The list must not be empty.
    actions: actions.length > 0 ? actions : [{ target: '$.info', update: {} }],
  };
  return { overlay, left: [...left] };
}

/** The pointer of the operation, also where the finding is about a shared component. */
function pointerOf(contract: Node, { operation }: Finding): string {
  for (const [path, item] of Object.entries(contract.paths as Record<string, Record<string, Node>>))
    for (const [method, one] of Object.entries(item))
      if (one?.operationId === operation) return `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`;
  return '';
}

type Parts = 'responses' | 'security' | 'parameters' | 'requestBody';

/** The changed parts of one operation. Parts are replaced whole: an overlay can only merge, and references hide the rest. */
class OperationChange {
  readonly #contract: Node;
  readonly #target: string;
  readonly #operation: Node;
  readonly #responses = new Map<string, Node>();
  readonly #parts = new Map<Parts, unknown>();

  constructor(contract: Node, path: string, method: string) {
    this.#contract = contract;
    this.#target = `$.paths['${path}'].${method}`;
    this.#operation = ((contract.paths as Node)[path] as Record<string, Node>)[method] as Node;
  }

  /** @returns whether a contract can describe the finding */
  apply(seen: Evidence): boolean {
    const { kind, status } = seen.finding;
    switch (kind) {
      case 'undeclared-status':
        if (!this.#responses.has(String(status)))
          this.#responses.set(String(status), { description: 'Found by qiyue verify.' });
        return this.#describeBody(String(status), seen);
      case 'schema':
      case 'undeclared-code':
      case 'media-type':
        return this.#describeBody(String(status), seen);
      case 'broken-body':
        return /is not declared$/.test(seen.problem.message) && this.#describeBody(String(status), seen);
      case 'header':
        return this.#loosenHeader(String(status), seen);
      case 'authentication':
        this.#parts.set('security', [...this.#security().filter((one) => Object.keys(one).length > 0), {}]);
        return true;
      case 'accepted-bad-input':
        return seen.problem.parameter === undefined ? this.#loosenBody(seen) : this.#loosenParameter(seen);
      default:
        return false;
    }
  }

  actions(): Overlay['actions'] {
    const target = this.#target;
    const declared = (this.#operation.responses ?? {}) as Node;
    const replace = (at: string, key: string, value: unknown, isThere: boolean) => [
      ...(isThere ? [{ target: at === target ? `${at}.${key}` : `${at}['${key}']`, remove: true as const }] : []),
      { target: at, update: { [key]: value } },
    ];
    return [
      ...[...this.#responses].flatMap(([status, response]) =>
        replace(`${target}.responses`, status, response, status in declared),
      ),
      ...[...this.#parts].flatMap(([part, value]) => replace(target, part, value, part in this.#operation)),
    ];
  }

  #security = (): Node[] =>
    (this.#parts.get('security') ?? this.#operation.security ?? this.#contract.security ?? []) as Node[];

  #response(status: string): Node {
    const known = this.#responses.get(status);
    if (known !== undefined) return known;
    const declared = dereference(this.#contract, (this.#operation.responses as Node)[status]);
    const copy = structuredClone(declared);
    this.#responses.set(status, copy);
    return copy;
  }

  #describeBody(status: string, seen: Evidence): boolean {
    const response = this.#response(status);
    const content = (response.content ?? {}) as Record<string, Node>;
    for (const [type, { schema }] of Object.entries(contentOf(seen).content ?? {}))
      content[type] = { ...content[type], schema: either(content[type]?.schema, schema) };
    if (Object.keys(content).length > 0) response.content = content;
    return true;
  }

  #loosenHeader(status: string, { problem: { header } }: Evidence): boolean {
    if (header === undefined) return false;
    const response = this.#response(status);
    const headers = { ...(response.headers as Node | undefined) };
    const name = Object.keys(headers).find((one) => one.toLowerCase() === header) ?? header;
    const { required: _, schema: __, ...rest } = dereference(this.#contract, headers[name]);
    headers[name] = { ...rest, schema: {} };
    response.headers = headers;
    return true;
  }

  #loosenParameter({ problem: { parameter, message } }: Evidence): boolean {
    const list = (this.#parts.get('parameters') ?? this.#operation.parameters ?? []) as unknown[];
    const changed = list.map((reference) => {
      const one = dereference(this.#contract, reference);
      if (one.name !== parameter) return reference;
      return /is missing$/.test(message) ? { ...one, required: false } : { ...one, schema: {} };
    });
    this.#parts.set('parameters', changed);
    return changed.length > 0;
  }

  #loosenBody({ wire: { headers, body }, problem: { message } }: Evidence): boolean {
    const known = this.#parts.get('requestBody') as Node | undefined;
    const copy = known ?? structuredClone(dereference(this.#contract, this.#operation.requestBody));
    if (body === undefined) copy.required = false;
    else {
      const type = essenceOf(headers['Content-Type']);
      const content = { ...(copy.content as Record<string, Node>) };
      if (/is not JSON$/.test(message)) return false;
      content[type] = { ...content[type], schema: either(content[type]?.schema, schemaOf(type, Buffer.from(body))) };
      copy.content = content;
    }
    this.#parts.set('requestBody', copy);
    return true;
  }
}

/** One schema or another. */
function either(schema: unknown, other: unknown): unknown {
  if (schema === undefined) return other;
  const { anyOf, ...rest } = schema as Node;
  const known = Array.isArray(anyOf) && Object.keys(rest).length === 0 ? anyOf : [schema];
  return known.some((one) => JSON.stringify(one) === JSON.stringify(other)) ? schema : { anyOf: [...known, other] };
}

function contentOf({ answer }: Evidence): { content?: Record<string, { schema: unknown }> } {
  if (answer === undefined || answer.body.length === 0) return {};
  const type = essenceOf(answer.headers['content-type']);
  return { content: { [type]: { schema: schemaOf(type, answer.body) } } };
}

const essenceOf = (type: unknown): string =>
  type === undefined ? 'application/octet-stream' : (String(type).split(';', 1)[0] ?? '').trim().toLowerCase();

function schemaOf(type: string, body: Buffer): unknown {
  if (type.endsWith('x-www-form-urlencoded')) return inferred(Object.fromEntries(new URLSearchParams(body.toString())));
  if (!type.endsWith('json')) return type === 'text/event-stream' ? { type: 'string' } : {};
  try {
    return inferred(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

/** A schema for values like this one. */
function inferred(value: unknown): unknown {
  if (value === null) return { type: 'null' };
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value !== 'object') return { type: typeof value };
  const properties = Object.entries(value).map(([name, one]) => [name, inferred(one)]);
  return { type: 'object', properties: Object.fromEntries(properties) };
}
