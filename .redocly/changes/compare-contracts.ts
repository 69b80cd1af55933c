import type { Contract } from '../../src/http/contract.ts';
import { methods } from '../../src/http/contract.ts';
import { compareDocumentation, compareSchemas, type Report } from './compare-schemas.ts';
import { canonical, child, type Json, meaningOf, type Place } from './place.ts';
import { type Level, levelOf, type Rule, type Where } from './rules.ts';

export interface Change {
  level: Level;
  rule: Rule;
  api: string;
  /** operationId; null when the change concerns the whole API. */
  operation: string | null;
  where: Where;
  /** JSON pointer in the newer bundle; in the older one for what is gone. */
  pointer: string;
  message: string;
}

/**
 * What changed for the callers of an API between two bundled contracts: each change once for each operation that it
 * concerns, and changed texts once. The order of lists and members that have none makes no difference.
 */
export function compareContracts(api: string, base: Contract, head: Contract): Change[] {
  const changes = new Map<string, Change>();
  const reporter = (operation: string | null, where: Where, callerSends: boolean): Report => {
    return (rule, { pointer, trail }, message) => {
      const level = levelOf(rule, callerSends);
      const change = { level, rule, api, operation, where, pointer, message: `${trail || subjects[where]} ${message}` };
      const key = level === 'documentation' ? [rule, pointer] : [rule, operation, where, pointer, message];
      if (!changes.has(key.join('\n'))) changes.set(key.join('\n'), change);
    };
  };

  const [before, after] = [rootOf(base), rootOf(head)];
  const whole = reporter(null, 'operation', true);
  compareDocumentation(place(before, 'info'), place(after, 'info'), whole);
  compareNames(serversOf(before), serversOf(after), (name, state) =>
    whole(`server-${state}`, { ...after, trail: `server ${name}` }, `is ${word(state)}`),
  );
  compareSchemes(before, after, reporter(null, 'security', true));

  const [operations, newer] = [operationsOf(before), operationsOf(after)];
  for (const [key, found] of operations) {
    const now = newer.get(key);
    if (now !== undefined) compareOperations(found, now, key, reporter);
    else reporter(found.id, 'operation', true)('operation-removed', found.at, 'is gone');
  }
  for (const [key, { id, at }] of newer)
    if (!operations.has(key)) reporter(id, 'operation', true)('operation-added', at, 'is new');
  return [...changes.values()];
}

/** What a change without a trail concerns. */
const subjects: Record<Where, string> = {
  request: 'the body',
  response: 'the body',
  security: 'the operation',
  operation: 'the operation',
};

type Reporter = (operation: string | null, where: Where, callerSends: boolean) => Report;

interface Found {
  id: string;
  at: Place;
  /** The path item. */
  item: Place;
}

const rootOf = (contract: Contract): Place => ({ root: contract, value: contract, pointer: '', trail: '' });
const empty = (at: Place): Place => ({ ...at, value: {} });
const place = (at: Place, key: string): Place => child(at, key) ?? empty(at);
const serversOf = ({ value }: Place): string[] => (value.servers ?? []).map(({ url }: Json) => url);
const word = (state: 'added' | 'removed') => (state === 'added' ? 'new' : 'gone');

/** By `POST /todos`, and by `webhook todo.created POST` for what the server sends. */
function operationsOf(root: Place): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const [kind, prefix] of [
    ['paths', ''],
    ['webhooks', 'webhook '],
  ] as const) {
    const paths = place(root, kind);
    for (const path of Object.keys(paths.value)) {
      const item = child(paths, path) as Place;
      for (const method of methods) {
        const at = child(item, method);
        if (at === undefined) continue;
        const key = prefix === '' ? `${method.toUpperCase()} ${path}` : `${prefix}${path} ${method.toUpperCase()}`;
        found.set(key, { id: at.value.operationId ?? path, at, item });
      }
    }
  }
  return found;
}

function compareOperations(base: Found, head: Found, key: string, reporter: Reporter): void {
  // What a webhook sends the caller reads.
  const callerAsks = !key.startsWith('webhook ');
  const operation = reporter(base.id, 'operation', true);
  if (base.id !== head.id) operation('operation-renamed', head.at, `is now called ${head.id}`);
  compareDocumentation(base.at, head.at, operation);
  if (canonical(base.at.value.tags) !== canonical(head.at.value.tags))
    operation('documentation-changed', head.at, 'has other tags');
  compareSecurity(base.at, head.at, reporter(base.id, 'security', true));
  compareParameters(base, head, reporter(base.id, 'request', callerAsks));
  compareBodies(
    child(base.at, 'requestBody'),
    child(head.at, 'requestBody'),
    head.at,
    reporter(base.id, 'request', callerAsks),
  );
  compareResponses(
    place(base.at, 'responses'),
    place(head.at, 'responses'),
    reporter(base.id, 'response', !callerAsks),
  );
}

function compareParameters(base: Found, head: Found, report: Report): void {
  const parametersOf = ({ at, item }: Found) => {
    const lists = [child(item, 'parameters'), child(at, 'parameters')].filter((list) => list !== undefined);
    const all = lists.flatMap((list) => list.value.map((_: Json, index: number) => child(list, index) as Place));
    return new Map(
      all.map((one: Place) => [`${one.value.in} parameter ${one.value.name}`, { ...one, trail: one.value.name }]),
    );
  };
  compareMaps(parametersOf(base), parametersOf(head), 'parameter', report, (before, after) => {
    if (serialization(before.value) !== serialization(after.value))
      report('serialization-changed', after, 'is written in another way');
    compareContent(before, after, report);
  });
}

const serialization = ({ style, explode, allowReserved, content }: Json) =>
  canonical({ style, explode, allowReserved, content: content && Object.keys(content) });

/** What a parameter or header holds: its presence, and its schema. */
function compareContent(base: Place, head: Place, report: Report): void {
  compareDocumentation(base, head, report);
  compareRequired(base, head, report);
  const [before, after] = [base, head].map((at) => child(at, 'schema') ?? mediaTypeSchema(at));
  if (before !== undefined && after !== undefined) compareSchemas(before, after, report);
}

const mediaTypeSchema = (at: Place): Place | undefined => {
  const content = child(at, 'content');
  const [type] = Object.keys(content?.value ?? {});
  return type === undefined ? undefined : child(place(content as Place, type), 'schema');
};

function compareRequired(base: Place, head: Place, report: Report): void {
  const [before, after] = [Boolean(base.value.required), Boolean(head.value.required)];
  if (before && !after) report('required-removed', head, 'need not be there any more');
  if (!before && after) report('required-added', head, 'has to be there');
}

function compareBodies(base: Place | undefined, head: Place | undefined, at: Place, report: Report): void {
  if (base === undefined && head === undefined) return;
  if (base === undefined) {
    report('body-added', head as Place, 'is new');
    if (head?.value.required) report('required-added', head, 'has to be there');
  } else if (head === undefined) report('body-removed', { ...base, pointer: at.pointer }, 'is gone');
  else {
    compareDocumentation(base, head, report);
    compareRequired(base, head, report);
    compareMediaTypes(base, head, report);
  }
}

function compareMediaTypes(base: Place, head: Place, report: Report): void {
  const typesOf = (at: Place) => {
    const content = place(at, 'content');
    return new Map(Object.keys(content.value).map((type) => [`media type ${type}`, child(content, type) as Place]));
  };
  compareMaps(typesOf(base), typesOf(head), 'media-type', report, (before, after) => {
    compareDocumentation(before, after, report);
    if (canonical(before.value.encoding) !== canonical(after.value.encoding))
      report('serialization-changed', after, 'is written in another way');
    const [schema, newSchema] = [child(before, 'schema'), child(after, 'schema')];
    if (schema !== undefined && newSchema !== undefined) compareSchemas(schema, newSchema, report);
  });
}

function compareResponses(base: Place, head: Place, report: Report): void {
  const [before, after] = [Object.keys(base.value), Object.keys(head.value)];
  const kind = (status: string) => (/^[23]/.test(status) ? 'success' : 'error');
  compareNames(before, after, (status, state) => {
    const at = child(state === 'added' ? head : base, status) as Place;
    report(`${kind(status)}-status-${state}`, { ...at, trail: `status ${status}` }, `is ${word(state)}`);
  });
  for (const status of before.filter((one) => after.includes(one))) {
    const [old, now] = [child(base, status) as Place, child(head, status) as Place];
    compareDocumentation(old, now, report);
    compareMediaTypes(old, now, report);
    const headersOf = (at: Place) => {
      const headers = place(at, 'headers');
      const named = (name: string) => child(headers, name, name) as Place;
      return new Map(Object.keys(headers.value).map((name) => [`header ${name}`, named(name)]));
    };
    compareMaps(headersOf(old), headersOf(now), 'header', report, (a, b) => compareContent(a, b, report));
  }
}

/** What is required of a caller: one of the alternatives. One that asks for less than before replaces it. */
function compareSecurity(base: Place, head: Place, report: Report): void {
  const alternativesOf = ({ root, value }: Place): Record<string, string[]>[] =>
    value.security ?? root.security ?? [{}];
  const covers = (weak: Record<string, string[]>, strong: Record<string, string[]>) =>
    Object.entries(weak).every(
      ([name, scopes]) => scopes.every((scope) => strong[name]?.includes(scope)) && name in strong,
    );
  const name = (one: Record<string, string[]>) =>
    Object.entries(one)
      .map(([scheme, scopes]) => [scheme, ...scopes].join(' '))
      .join(' and ') || 'no credentials';
  const [before, after] = [alternativesOf(base), alternativesOf(head)];
  for (const one of before)
    if (!after.some((other) => covers(other, one))) report('security-removed', head, `no longer takes ${name(one)}`);
  for (const one of after)
    if (!before.some((other) => covers(other, one) && covers(one, other)))
      report('security-added', head, `takes ${name(one)}`);
}

/** The schemes of credentials. A scope more breaks nothing. */
function compareSchemes(base: Place, head: Place, report: Report): void {
  const schemesOf = (root: Place) => place(place(root, 'components'), 'securitySchemes');
  const [before, after] = [schemesOf(base), schemesOf(head)];
  for (const name of Object.keys(before.value)) {
    const [old, now] = [child(before, name, name) as Place, child(after, name, name)];
    // An operation that used a scheme which is gone says so itself.
    if (now === undefined) continue;
    compareDocumentation(old, now, report);
    if (meaningOf(withoutNewScopes(now.value, old.value)) !== meaningOf(old.value))
      report('security-scheme-changed', now, 'is another way to sign in');
  }
}

/** A scheme of OAuth with the scopes that it had before, and those alone. */
function withoutNewScopes(scheme: Json, before: Json): Json {
  if (scheme.flows === undefined) return scheme;
  const flows = Object.entries<Json>(scheme.flows).map(([name, flow]) => {
    const known = before.flows?.[name]?.scopes ?? {};
    const scopes = Object.keys(flow.scopes).filter((scope) => scope in known);
    return [name, { ...flow, scopes: Object.fromEntries(scopes.map((scope) => [scope, known[scope]])) }];
  });
  return { ...scheme, flows: Object.fromEntries(flows) };
}

function compareMaps(
  base: ReadonlyMap<string, Place>,
  head: ReadonlyMap<string, Place>,
  noun: 'parameter' | 'media-type' | 'header',
  report: Report,
  compare: (before: Place, after: Place) => void,
): void {
  compareNames([...base.keys()], [...head.keys()], (name, state) => {
    const at = (state === 'added' ? head : base).get(name) as Place;
    report(`${noun}-${state}`, { ...at, trail: name }, `is ${word(state)}`);
    if (noun === 'parameter' && state === 'added' && at.value.required) report('required-added', at, 'has to be there');
  });
  for (const [name, before] of base) {
    const after = head.get(name);
    if (after !== undefined) compare(before, after);
  }
}

function compareNames(
  before: readonly string[],
  after: readonly string[],
  report: (name: string, state: 'added' | 'removed') => void,
): void {
  for (const name of before) if (!after.includes(name)) report(name, 'removed');
  for (const name of after) if (!before.includes(name)) report(name, 'added');
}
