import type { Addresses } from '../docs/addresses.ts';
import { sampleRequest } from '../docs/samples/example.ts';
import type { SampleBody, SampleFile, SampleRequest } from '../docs/samples/request.ts';
import type { KnownOperation } from './operations.ts';

/** What `call` takes beside the operation. */
export interface CallInput {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  /** JSON, the fields of a form, or a file. A file is a `data:` URL. */
  body?: unknown;
  /** The key of a demo person. */
  as?: string;
}

/** The credentials of a request, as they are sent. */
export interface Credentials {
  headers: Record<string, string>;
  query: Record<string, string>;
}

/** A call of an operation that succeeds on fresh demo data; elsewhere one with the values of the contract. */
export function exampleCall(known: KnownOperation, at: Addresses): CallInput {
  const { api, id } = known;
  const sample = sampleRequest(api, id, at);
  const inQuery = Object.keys(credentialsIn(sample, api).query);
  const valuesIn = (place: string) =>
    sample.parameters
      .filter((one) => one.in === place && !inQuery.includes(one.name))
      .map(({ name, value }) => [name, value]);
  const parts = { path: valuesIn('path'), query: valuesIn('query'), headers: valuesIn('header') };
  const given = Object.entries(parts).filter(([, values]) => values.length > 0);
  const as = at.isSandbox && sample.scheme !== undefined ? personOf(known) : undefined;
  return {
    ...Object.fromEntries(given.map(([part, values]) => [part, Object.fromEntries(values)])),
    ...(sample.body && { body: toBody(sample.body) }),
    ...(as !== undefined && { as }),
  };
}

/** The key of the person who calls an operation in its sample. */
const personOf = ({ api: { demo }, id, operation }: KnownOperation): string | undefined =>
  demo?.samples?.requests[id]?.as ?? demo?.samples?.callerOf?.(operation) ?? demo?.people[0]?.key;

/** The demo credentials of a person for an operation; none where it needs none. */
export function demoCredentials({ api, id }: KnownOperation, at: Addresses, as: string | undefined): Credentials {
  return credentialsIn(sampleRequest(api, id, at, as), api);
}

/** The credentials in a sample: a header, a cookie, or a parameter of the query. */
function credentialsIn(
  { scheme, headers, parameters }: SampleRequest,
  { contract }: KnownOperation['api'],
): Credentials {
  const { Authorization, Cookie } = headers;
  const { in: place, name } = (contract.components?.securitySchemes?.[scheme ?? ''] ?? {}) as {
    in?: string;
    name?: string;
  };
  const query = parameters.filter((one) => place === 'query' && one.in === 'query' && one.name === name);
  return {
    headers: { ...(Authorization && { authorization: Authorization }), ...(Cookie && { cookie: Cookie }) },
    query: Object.fromEntries(query.map((one) => [one.name, String(one.value)])),
  };
}

function toBody(body: SampleBody): unknown {
  if (body.kind === 'json') return body.value;
  if (body.kind === 'bytes') return toDataUrl(body.file);
  const fields: Record<string, unknown> = {};
  for (const [name, value] of body.fields) {
    const one = typeof value === 'string' ? value : toDataUrl(value);
    fields[name] = name in fields ? [fields[name], one].flat() : one;
  }
  return fields;
}

const toDataUrl = ({ name, type, text = '', base64 }: SampleFile) =>
  `data:${type};name=${encodeURIComponent(name)};base64,${base64 ?? Buffer.from(text).toString('base64')}`;
