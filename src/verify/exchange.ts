import type { Media, Operation, Parameter, SecurityScheme } from './operations.ts';

/** The variable parts of a request to an operation. */
export interface Exchange {
  /** By name. Missing ones are taken from the examples of the contract. */
  params?: Record<string, string>;
  query?: Record<string, string | readonly string[]>;
  headers?: Record<string, string>;
  /** At most one of these four. */
  form?: Record<string, string | readonly string[]>;
  multipart?: Record<string, string | readonly string[] | UploadedFile>;
  json?: unknown;
  /** Sent unchanged; the media type is in `headers`. */
  body?: string | Uint8Array;
}

export interface UploadedFile {
  filename: string;
  /** Media type. */
  type: string;
  content: string | Uint8Array;
}

/** A request as it is sent. */
export interface Wire {
  method: string;
  /** Path and query, encoded. */
  target: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** Encodes an exchange for its operation. */
export function toWire({ method, path, parameters }: Operation, exchange: Exchange): Wire {
  const { params = {}, query = {}, headers = {}, form, multipart, json, body } = exchange;
  const filled = path.replace(/{([^}]+)}/g, (_, name: string) => {
    const value =
      params[name] ?? parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)?.examples[0];
    return encodeURIComponent(String(value));
  });
  const search = encodePairs(query);
  const target = search === '' ? filled : `${filled}?${search}`;
  if (json !== undefined)
    return { method, target, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(json) };
  if (form !== undefined)
    return {
      method,
      target,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: encodePairs(form),
    };
  if (multipart !== undefined)
    return {
      method,
      target,
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, ...headers },
      body: encodeParts(multipart),
    };
  return { method, target, headers, ...(body !== undefined && { body }) };
}

const boundary = 'part-of-the-exchange';

function encodeParts(parts: NonNullable<Exchange['multipart']>): Buffer {
  const each = Object.entries(parts).flatMap(([name, part]) => [part].flat().map((one) => [name, one] as const));
  const encoded = each.map(([name, part]) => {
    const { filename, type, content }: Partial<UploadedFile> & Pick<UploadedFile, 'content'> =
      typeof part === 'string' ? { content: part } : part;
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`;
    return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]);
  });
  return Buffer.concat([...encoded, Buffer.from(`--${boundary}--\r\n`)]);
}

const encodePairs = (pairs: Record<string, string | readonly string[]>): string =>
  Object.entries(pairs)
    .flatMap(([name, value]) => [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`))
    .join('&');

/** A request that the contract allows, made only from its examples. */
export function exampleExchange(
  operation: Operation,
  { all = false, type, example }: { all?: boolean; type?: string; example?: unknown } = {},
): Exchange {
  const exchange = {
    params: {} as Record<string, string>,
    query: {} as Record<string, string | string[]>,
    headers: {} as Record<string, string>,
  };
  for (const parameter of operation.parameters) {
    const [value] = parameter.examples;
    if (value === undefined || !(parameter.required || all)) continue;
    if (parameter.in === 'path') exchange.params[parameter.name] = String(value);
    else if (parameter.in === 'query') Object.assign(exchange.query, queryOf(parameter, value));
    else if (parameter.in === 'header') exchange.headers[parameter.name] = String(value);
    else exchange.headers.Cookie = `${parameter.name}=${encodeURIComponent(String(value))}`;
  }
  for (const scheme of operation.security.find((schemes) => schemes.length > 0) ?? []) addCredentials(exchange, scheme);
  const { content = {} } = operation.requestBody ?? {};
  const chosen = type ?? Object.keys(content)[0];
  if (chosen === undefined) return exchange;
  const value = example ?? (content[chosen] as Media).examples[0];
  if (chosen === 'application/x-www-form-urlencoded') return { ...exchange, form: value as Record<string, string> };
  if (chosen === 'multipart/form-data') return { ...exchange, multipart: partsOf(content[chosen] as Media, value) };
  exchange.headers['Content-Type'] = chosen;
  return { ...exchange, body: /(json|yaml)$/.test(chosen) ? JSON.stringify(value) : String(value) };
}

/** The example of a form with files; a field with `format: binary` or `contentMediaType` is a file. */
function partsOf({ schema }: Media, example: unknown): Record<string, string | UploadedFile> {
  const { properties = {} } = schema as { properties?: Record<string, { format?: string; contentMediaType?: string }> };
  const parts = Object.entries(example as Record<string, string>).map(([name, value]) => {
    const { format, contentMediaType } = properties[name] ?? {};
    const isFile = format === 'binary' || contentMediaType !== undefined;
    if (!isFile) return [name, [value].flat().map(String)];
    const file = { filename: 'example', type: contentMediaType ?? 'application/octet-stream', content: value };
    return [name, file];
  });
  return Object.fromEntries(parts) as Record<string, string | UploadedFile>;
}

function queryOf(
  { name, style = 'form', explode = style === 'form' }: Parameter,
  value: unknown,
): Record<string, string | string[]> {
  if (Array.isArray(value)) return { [name]: explode ? value.map(String) : value.join(',') };
  if (typeof value !== 'object' || value === null) return { [name]: String(value) };
  const entries = Object.entries(value).map(([key, one]) => [
    style === 'deepObject' ? `${name}[${key}]` : key,
    String(one),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

function addCredentials(
  exchange: { query: Record<string, string | string[]>; headers: Record<string, string> },
  { type, scheme = 'bearer', in: place, name = '' }: SecurityScheme,
) {
  if (type !== 'apiKey')
    exchange.headers.Authorization = scheme === 'basic' ? `Basic ${btoa('name:secret')}` : `${scheme} token`;
  else if (place === 'query') exchange.query[name] = 'key';
  else if (place === 'cookie') exchange.headers.Cookie = `${name}=key`;
  else exchange.headers[name] = 'key';
}
