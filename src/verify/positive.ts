import { type Actor, authorize } from './actors.ts';
import type { Fields } from './credentials.ts';
import { type Exchange, exampleExchange } from './exchange.ts';
import type { Operation, Parameter, Schema } from './operations.ts';
import type { Pool } from './pool.ts';

/** A request that the contract allows. */
export interface Candidate {
  exchange: Exchange;
  actor: Actor | undefined;
  /** The media type and the example of its body. */
  variant: string;
}

/** Fields with these names are filled in token requests alone: elsewhere they would change accounts. */
const ofSignIn = ['username', 'password', 'user_email', 'user_password', 'grant_type'];

/**
 * Requests of an actor that should succeed: one for each media type and example of the body, and one with all optional
 * parameters. Values come from the actor, then from what the server has answered, then from the contract's examples.
 *
 * @param isDestructive whether only what this run has created may be named, or what the contract's examples name
 */
export function positives(
  operation: Operation,
  actor: Actor,
  pool: Pool,
  { isDestructive }: { isDestructive: boolean },
): Candidate[] {
  const { content = {} } = operation.requestBody ?? {};
  const bodies = Object.entries(content).flatMap(([type, { examples }]) =>
    examples.map((example, index) => ({ type, example, variant: `${type} ${index}` })),
  );
  const [first] = bodies;
  const smallest = first && withRequired(content[first.type]?.schema, first.example);
  if (first !== undefined && smallest !== undefined) bodies.push({ ...first, ...smallest });
  const fill = filler(actor, pool, isDestructive);
  const starts = bodies.length > 0 ? bodies : [{ variant: '' }];
  const made = starts.flatMap(({ variant, ...body }) => {
    const exchange = fillExchange(operation, exampleExchange(operation, body), fill);
    return [{ variant, exchange }];
  });
  const optional = operation.parameters.some(({ required, in: place }) => !required && place === 'query');
  if (optional) {
    const exchange = fillExchange(operation, exampleExchange(operation, { all: true, ...first }), fill);
    made.push({ variant: 'optional parameters', exchange: withoutConditions(exchange) });
  }
  return made.flatMap(({ variant, exchange }) => {
    const authorized = authorize(operation, withoutCredentials(operation, exchange), actor);
    return authorized === undefined ? [] : [{ variant, actor, exchange: withoutSecond(authorized) }];
  });
}

/** The example with its required fields alone: what the others name may not exist on this server. */
function withRequired({ required }: Schema = {}, example: unknown): { example: unknown; variant: string } | undefined {
  if (!Array.isArray(required) || typeof example !== 'object' || example === null) return undefined;
  const fields = Object.entries(example).filter(([name]) => required.includes(name));
  return { example: Object.fromEntries(fields), variant: 'required fields' };
}

type Fill = (name: string, example: unknown) => unknown;

function filler({ fields }: Actor, pool: Pool, isDestructive: boolean): Fill {
  return (name, example) => {
    if (ofSignIn.includes(name)) return example;
    const [known] = pool.valuesFor(name, { createdOnly: isDestructive });
    const own = isDestructive ? undefined : fields[name];
    return [known === undefined ? undefined : own, own, known].find((value) => isLike(value, example)) ?? example;
  };
}

/** A value can take the place of an example when it has its type. */
const isLike = (value: unknown, example: unknown): boolean =>
  value !== undefined && (example === undefined || typeof value === typeof example);

function fillExchange(operation: Operation, exchange: Exchange, fill: Fill): Exchange {
  const place = (parameter: Parameter, text: string | readonly string[] | undefined) =>
    text === undefined
      ? undefined
      : String(fill(parameter.name, typeof text === 'string' ? parameter.examples[0] : text));
  const params = { ...exchange.params };
  const query = { ...exchange.query };
  for (const parameter of operation.parameters) {
    const { name, in: where } = parameter;
    if (where === 'path' && params[name] !== undefined) params[name] = place(parameter, params[name]) as string;
    if (where === 'query' && typeof query[name] === 'string') query[name] = place(parameter, query[name]) as string;
  }
  const filled = { ...exchange, params, query };
  if (exchange.form !== undefined) return { ...filled, form: fillFields(exchange.form, fill) as typeof exchange.form };
  if (exchange.multipart !== undefined)
    return { ...filled, multipart: fillFields(exchange.multipart, fill) as typeof exchange.multipart };
  const isJson = exchange.headers?.['Content-Type']?.endsWith('json') === true && typeof exchange.body === 'string';
  if (!isJson) return filled;
  const { body, headers, ...others } = filled;
  return { ...others, headers: { ...headers }, json: fillFields(JSON.parse(body as string), fill) };
}

/** Also fields inside of fields; not in lists, whose items the example has chosen. */
function fillFields(value: unknown, fill: Fill): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Fields).map(([name, one]) => [
      name,
      typeof one === 'object' ? fillFields(one, fill) : fill(name, one),
    ]),
  );
}

/** Without the placeholders of credentials in an example. */
function withoutCredentials({ security, parameters }: Operation, exchange: Exchange): Exchange {
  const { Authorization: _, Cookie: __, ...headers } = exchange.headers ?? {};
  const query = { ...exchange.query };
  for (const { type, in: place, name = '' } of security.flat())
    if (type === 'apiKey' && place === 'query' && !parameters.some((one) => one.name === name)) delete query[name];
  return { ...exchange, headers, query };
}

/** Conditional requests and ranges have answers of their own; a plain read is wanted. */
function withoutConditions(exchange: Exchange): Exchange {
  const headers = Object.entries(exchange.headers ?? {}).filter(
    ([name]) => !/^(if-|range$|last-event-id$)/i.test(name),
  );
  return { ...exchange, headers: Object.fromEntries(headers) };
}

/** A client proves itself in one way: by HTTP Basic or by fields of the body (RFC 6749, section 2.3). */
function withoutSecond(exchange: Exchange): Exchange {
  if (!exchange.headers?.Authorization?.startsWith('Basic ') || exchange.form === undefined) return exchange;
  const { client_id: _, client_secret: __, ...form } = exchange.form;
  return { ...exchange, form };
}
