import type { Contract } from '../../http/contract.ts';
import type { FoundOperation } from '../../http/exchange.ts';

/** The members that lead to a place in a bundled contract: `['paths', '/todos', 'get', 'security']`. */
export type Place = readonly string[];

/** Keywords whose schemas apply to the same value. */
const COMBINING = ['allOf', 'anyOf', 'oneOf', 'then', 'else'] as const;

/** Finds where a contract says what a violation breaks. Without such a place it is the nearest one around it. */
export class ContractPlaces {
  readonly #contract: Contract;

  constructor(contract: Contract) {
    this.#contract = contract;
  }

  /**
   * The rule for a value of a request.
   *
   * @param pointer begins with the part of the request: `/body/name`, `/query/page`
   * @param rule a keyword of JSON Schema, or a member of the operation, such as `security`
   */
  ofRequest({ path, method }: FoundOperation, pointer: string, rule: string, mediaType: string | undefined): Place {
    const operation = ['paths', path, method];
    if (rule === 'security' || rule === 'responses') return [...operation, rule];
    const [part = '', ...segments] = tokensOf(pointer);
    if (part !== 'body') return this.#ofParameter(operation, part, segments, rule) ?? operation;
    const body = this.#follow([...operation, 'requestBody']);
    return this.#ofContent([...body, 'content'], mediaType, segments, rule);
  }

  /** The rule for a value of an answer; pointers begin with `/status`, `/headers` or `/body`. */
  ofResponse({ path, method }: FoundOperation, status: number, pointer: string, rule: string, type?: string): Place {
    const responses = ['paths', path, method, 'responses'];
    const response = this.#follow([...responses, String(status)]);
    const [part, ...segments] = tokensOf(pointer);
    if (part === 'status' || this.#valueAt(response) === undefined) return responses;
    if (part === 'headers') return this.#follow([...response, 'headers', segments[0] ?? '']);
    return this.#ofContent([...response, 'content'], type, segments, rule);
  }

  #ofContent(content: Place, mediaType: string | undefined, segments: readonly string[], rule: string): Place {
    const types = Object.keys((this.#valueAt(content) ?? {}) as object);
    const type = types.find((one) => one === mediaType) ?? types[0];
    if (type === undefined || rule === 'content') return content;
    return this.#ofSchema([...content, type, 'schema'], segments, rule) ?? [...content, type, 'schema'];
  }

  #ofParameter(operation: Place, part: string, [name = '', ...segments]: readonly string[], rule: string) {
    const place = { params: 'path', query: 'query', headers: 'header', cookies: 'cookie' }[part];
    for (const list of [
      [...operation, 'parameters'],
      [...operation.slice(0, 2), 'parameters'],
    ]) {
      const parameters = (this.#valueAt(list) ?? []) as unknown[];
      for (const index of parameters.keys()) {
        const parameter = this.#follow([...list, String(index)]);
        const value = this.#valueAt(parameter) as { name?: string; in?: string };
        if (value.in !== place || value.name?.toLowerCase() !== name.toLowerCase()) continue;
        if (rule === 'required') return [...parameter, 'required'];
        return this.#ofSchema([...parameter, 'schema'], segments, rule) ?? parameter;
      }
    }
    return undefined;
  }

  /** A required member that is missing has its rule in the schema around it. */
  #ofSchema(schema: Place, segments: readonly string[], rule: string): Place | undefined {
    const path = rule === 'required' ? segments.slice(0, -1) : segments;
    const found = this.#descend(schema, path);
    return found && (this.#keyword(found, rule, segments.at(-1)) ?? found);
  }

  #descend(start: Place, [segment, ...rest]: readonly string[]): Place | undefined {
    const place = this.#follow(start);
    if (segment === undefined) return place;
    const schema = (this.#valueAt(place) ?? {}) as Record<string, Record<string, unknown> | undefined>;
    const inner: Place[] = [
      ...(schema.properties !== undefined && Object.hasOwn(schema.properties, segment)
        ? [['properties', segment]]
        : []),
      ...(schema.prefixItems?.[segment] === undefined ? [] : [['prefixItems', segment]]),
      ...(schema.items !== undefined && /^\d+$/.test(segment) ? [['items']] : []),
      ...(typeof schema.additionalProperties === 'object' ? [['additionalProperties']] : []),
    ];
    for (const one of inner) {
      const found = this.#descend([...place, ...one], rest);
      if (found !== undefined) return found;
    }
    for (const part of this.#parts(place)) {
      const found = this.#descend(part, [segment, ...rest]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #keyword(start: Place, keyword: string, member: string | undefined): Place | undefined {
    const place = this.#follow(start);
    const schema = (this.#valueAt(place) ?? {}) as Record<string, unknown>;
    const value = schema[keyword];
    const isIt = keyword !== 'required' || (Array.isArray(value) && value.includes(member));
    if (value !== undefined && isIt) return [...place, keyword];
    for (const part of this.#parts(place)) {
      const found = this.#keyword(part, keyword, member);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The schemas that a schema combines. */
  #parts(place: Place): Place[] {
    const schema = (this.#valueAt(place) ?? {}) as Record<string, unknown>;
    return COMBINING.flatMap((keyword) => {
      const value = schema[keyword];
      if (Array.isArray(value)) return value.map((_, index) => [...place, keyword, String(index)]);
      return value === undefined ? [] : [[...place, keyword]];
    });
  }

  /** The place behind references. */
  #follow(place: Place): Place {
    const { $ref } = (this.#valueAt(place) ?? {}) as { $ref?: string };
    return $ref === undefined ? place : this.#follow(tokensOf($ref.slice(1)));
  }

  #valueAt(place: Place): unknown {
    let value: unknown = this.#contract;
    for (const token of place) value = (value as Record<string, unknown> | undefined)?.[token];
    return value;
  }
}

/** `/paths/~1todos/get` → `['paths', '/todos', 'get']`. */
const tokensOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
