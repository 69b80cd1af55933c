import type { Link } from '../http/links.ts';

/** A call that is over, as runtime expressions see it. Names of headers are in lower case. */
export interface FinishedCall {
  url: string;
  method: string;
  request: Message & { path: Readonly<Record<string, unknown>>; query: Readonly<Record<string, unknown>> };
  statusCode: number;
  response: Message;
}

interface Message {
  header: Readonly<Record<string, unknown>>;
  /** As a value; undefined where there is none that can be read. */
  body: unknown;
}

/**
 * The value of a runtime expression (OpenAPI 3.1, section 4.8.20.3). A text with expressions in braces becomes a text,
 * and a list or an object is evaluated member by member.
 *
 * @returns undefined when the call has no such value
 */
export function evaluate(value: unknown, call: FinishedCall): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, call));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, evaluate(member, call)]));
  if (typeof value !== 'string') return value;
  if (value.startsWith('$')) return evaluateExpression(value, call);
  return value.replace(/{(\$[^}]+)}/g, (_, expression: string) => `${evaluateExpression(expression, call)}`);
}

function evaluateExpression(expression: string, call: FinishedCall): unknown {
  if (expression === '$url') return call.url;
  if (expression === '$method') return call.method;
  if (expression === '$statusCode') return call.statusCode;
  const [, side, place = '', rest = ''] = /^\$(request|response)\.(header|path|query|body)(.*)$/.exec(expression) ?? [];
  const message = side === 'request' ? call.request : call.response;
  if (side === undefined || !(place in message)) throw new Error(`${expression} is not a runtime expression`);
  if (place === 'body') return lookUp(message.body, rest.replace(/^#/, ''));
  const name = rest.replace(/^\./, '');
  const values = message[place as 'header'];
  return values[place === 'header' ? name.toLowerCase() : name];
}

/** The value at a JSON pointer (RFC 6901). */
function lookUp(value: unknown, pointer: string): unknown {
  const tokens = pointer.split('/').slice(1);
  return tokens.reduce<unknown>((here, token) => {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof here === 'object' && here !== null && Object.hasOwn(here, key)
      ? (here as Record<string, unknown>)[key]
      : undefined;
  }, value);
}

/** The parameters of a link with their values. */
export const parametersOf = ({ parameters = {} }: Link, call: FinishedCall): { name: string; value: unknown }[] =>
  Object.entries(parameters).map(([name, value]) => ({
    name: name.replace(/^(path|query|header|cookie)\./, ''),
    value: evaluate(value, call),
  }));
