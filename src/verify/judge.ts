import { isUtf8 } from 'node:buffer';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { createParser } from 'eventsource-parser';
import { errorNumbersOf, type Operation, readOperations } from './operations.ts';
import { encodeToken, follow, type Node } from './references.ts';
import { type Compile, compiler } from './schemas.ts';
import { seal } from './seal.ts';

/**
 * Judges answers by a contract, independently of the server: it reads the bundle itself and shares no code with
 * `src/http`.
 */
export interface Judge {
  operations: ReadonlyMap<string, Operation>;
  /** All violations of the contract in the answer to a request. Only the method of the request counts. */
  judge(operation: Operation, request: { method: string }, answer: Answer): Violation[];
  /** The error number in an answer, if any. */
  errorCodeOf(answer: Answer): string | undefined;
}

/** An answer as it was received; names of headers in lower case. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /** The connection ended within the body. */
  isCut?: boolean;
}

export interface Violation {
  kind: 'undeclared-status' | 'undeclared-code' | 'schema' | 'broken-body' | 'header' | 'media-type';
  message: string;
  /** JSON pointer of the broken rule in the contract. */
  pointer: string;
  /** The header that a violation is about. */
  header?: string;
}

/** Headers that callers use: a strict judge wants them declared. */
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

/**
 * @param contract a bundle of `generated/`
 * @param strict whether an answer may have only those members and headers that the contract declares
 */
export function createJudge(contract: Node, { strict = false }: { strict?: boolean } = {}): Judge {
  const document = strict ? seal(contract) : contract;
  const compile = compiler(document);
  const errorMember = errorNumbersOf(document)?.member;
  const operations = new Map(readOperations(document).map((operation) => [operation.id, operation]));
  const checks = new Map<string, ResponseCheck>();
  const checkOf = (pointer: string) => {
    const check = checks.get(pointer) ?? responseCheck(document, pointer, compile);
    checks.set(pointer, check);
    return check;
  };
  const errorCodeOf = ({ headers, body }: Answer) => {
    if (errorMember === undefined || !/json/.test(String(headers['content-type']))) return undefined;
    const { value } = read('json', body);
    const code = (value as Node | null | undefined)?.[errorMember];
    return code === undefined ? undefined : String(code);
  };
  return {
    operations,
    errorCodeOf,
    judge({ pointer, responses, listedCodes }, { method }, answer) {
      const { status } = answer;
      if (!responses.has(status)) {
        const message = `status ${status} is not declared (${[...responses.keys()].join(', ')})`;
        return [{ kind: 'undeclared-status', message, pointer: `${pointer}/responses` }];
      }
      const check = checkOf(`${pointer}/responses/${status}`);
      const others = [...headerViolations(check, answer, strict), ...redirectViolations(check, answer)];
      if (method === 'HEAD') return others;
      const violations = [...others, ...bodyViolations(check, answer, strict)];
      const code = errorCodeOf(answer);
      const codes = listedCodes.get(status) ?? [code];
      if (code === undefined || codes.includes(code) || violations.length === others.length) return violations;
      // With such a number the body fits none of the variants, which says no more.
      const message = `${errorMember} ${code} is not declared (${codes.join(', ')})`;
      return [...others, { kind: 'undeclared-code', message, pointer: check.pointer }];
    },
  };
}

interface ResponseCheck {
  pointer: string;
  headers: Map<string, { required: boolean; isValid: (text: string) => string | undefined }>;
  content: Map<string, ValidateFunction>;
  /** For the events of a stream; their schema is in `contentSchema`. */
  event: ValidateFunction | undefined;
}

function responseCheck(document: Node, pointer: string, compile: Compile): ResponseCheck {
  const { at, node } = follow(document, `#${pointer}`);
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
  return { pointer, headers: new Map(headers), content: new Map(content), event };
}

function headerViolations(
  { pointer, headers }: ResponseCheck,
  { headers: sent }: Answer,
  strict: boolean,
): Violation[] {
  const violations: Violation[] = [];
  const add = (header: string, message: string) =>
    violations.push({ kind: 'header', message, pointer: `${pointer}/headers`, header });
  for (const [name, { required, isValid }] of headers) {
    const values = [sent[name] ?? []].flat();
    if (values.length === 0 && required) add(name, `header ${name} is missing`);
    for (const value of values) {
      const problem = isValid(value);
      if (problem !== undefined) add(name, `header ${name} is "${value}": ${problem}`);
    }
  }
  for (const name of strict ? headersToDeclare : []) {
    if (sent[name] !== undefined && !headers.has(name)) add(name, `header ${name} is not declared`);
  }
  return violations;
}

function bodyViolations(check: ResponseCheck, { headers, body, isCut }: Answer, strict: boolean): Violation[] {
  const { content, event, pointer } = check;
  const violation = (kind: Violation['kind'], message: string, at = pointer) => ({ kind, message, pointer: at });
  if (isCut) return [violation('broken-body', `the connection ended after ${body.length} bytes of the body`)];
  const type = headers['content-type'] as string | undefined;
  if (content.size === 0) {
    if (body.length > 0) return [violation('broken-body', `a body of ${body.length} bytes is not declared`)];
    return strict && type !== undefined ? [violation('header', `Content-Type ${type} without a body`)] : [];
  }
  const essence = type?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const validate = content.get(essence);
  if (validate === undefined) {
    const message = `media type ${type} is not declared (${[...content.keys()].join(', ')})`;
    return [violation('media-type', message, `${pointer}/content`)];
  }
  const { problem, value } = read(essence, body);
  if (problem !== undefined) return [violation('broken-body', problem)];
  const schema = `${pointer}/content/${encodeToken(essence)}/schema`;
  if (!validate(value)) return describeErrors('body', validate).map((message) => violation('schema', message, schema));
  if (essence !== eventStream || event === undefined) return [];
  return eventsIn(String(value)).flatMap((one, index) => {
    if ('problem' in one) return [violation('broken-body', `event ${index}: ${one.problem}`)];
    if (event(one)) return [];
    return describeErrors(`event ${index}`, event).map((message) => violation('schema', message, schema));
  });
}

const describeErrors = (what: string, { errors }: ValidateFunction) =>
  (errors ?? []).map(
    ({ instancePath, message, params }) => `${what}${instancePath} ${message} ${JSON.stringify(params)}`,
  );

const eventStream = 'text/event-stream';

/** The complete events of the part of a stream that was read, with `data` parsed as JSON. */
function eventsIn(text: string): ({ data: unknown } | { problem: string })[] {
  const events: ({ data: unknown } | { problem: string })[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      const { value, problem } = read('json', Buffer.from(data));
      events.push(
        problem === undefined
          ? { ...(id !== undefined && { id }), ...(event !== undefined && { event }), data: value }
          : { problem },
      );
    },
  });
  parser.feed(text);
  return events;
}

function read(type: string, body: Buffer): { value?: unknown; problem?: string } {
  const text = body.toString();
  if (!type.endsWith('json')) return { value: text };
  if (!isUtf8(body)) return { problem: 'the body is not UTF-8' };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: `the body is not JSON: ${text.slice(0, 80)}` };
  }
}

function redirectViolations({ pointer }: ResponseCheck, { status, headers }: Answer): Violation[] {
  if (![301, 302, 303, 307, 308].includes(status)) return [];
  const { location } = headers;
  const violation = (message: string): Violation => ({ kind: 'header', message, pointer: `${pointer}/headers` });
  if (typeof location !== 'string' || location === '') return [violation('a redirect without Location')];
  return URL.canParse(location, 'http://base.example') && /^[\x21-\x7e]+$/.test(location)
    ? []
    : [violation(`Location is not a URI reference: ${location}`)];
}
