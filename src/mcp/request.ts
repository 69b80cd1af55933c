import { HttpError } from '../errors.ts';
import { type Contract, type Reference, type RequestBody, resolve } from '../http/contract.ts';
import { requestValidator, type ValidateRequest } from '../http/validate-request.ts';
import { keptWith } from '../lazy.ts';
import { similarNames } from '../similar-names.ts';
import type { CallInput, Credentials } from './example.ts';
import { CallError, type KnownOperation } from './operations.ts';

/** A request below the address of its API. */
export interface CallRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | FormData | undefined;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  style?: string;
}

/**
 * The request of a call, which the contract allows.
 *
 * @throws CallError that names each field which breaks the contract, and its rule
 */
export function toRequest(known: KnownOperation, input: CallInput, credentials: Credentials): CallRequest {
  const { path: template, method } = known;
  const params = textsOf(input.path);
  const query = { ...textsOf(input.query), ...credentials.query };
  const given = lowerCase(textsOf(input.headers));
  const headers = { ...credentials.headers, ...given };
  requireKnownNames(known, input);
  requireKnownHeaders(known, given);
  requireSegments(params);
  const mediaType = mediaTypeOf(known, input.body, headers['content-type']);
  const url = withQuery(
    template.replace(/{([^}]+)}/g, (part, name) => encodeURIComponent(params[name] ?? part)),
    query,
  );
  requireValid(known, { params, query, headers, body: input.body, mediaType, url });
  const { body, type } = encodeBody(input.body, mediaType);
  if (type === undefined) delete headers['content-type'];
  else headers['content-type'] = type;
  return { method: method.toUpperCase(), path: url, headers, body };
}

const lowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const textsOf = (values: Record<string, unknown> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined || value === null
        ? []
        : [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]],
    ),
  );

function withQuery(path: string, query: Record<string, string>): string {
  const pairs = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='));
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

const parametersOf = ({ api: { contract }, item, operation }: KnownOperation): Parameter[] =>
  [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((one) =>
    resolve(contract, one as Parameter | Reference),
  );

/** Headers that every operation takes. */
const COMMON_HEADERS = [
  'authorization',
  'accept',
  'accept-language',
  'content-type',
  'cookie',
  'if-*',
  'last-event-id',
  'prefer',
  'range',
];

/** Others are about the connection, its proxies or its host, and a caller must not choose those. */
function requireKnownHeaders(known: KnownOperation, headers: Record<string, string>): void {
  const own = parametersOf(known).flatMap((one) => (one.in === 'header' ? [one.name.toLowerCase()] : []));
  const names = [...own, ...COMMON_HEADERS];
  const unknown = Object.keys(headers).find((name) => !names.includes(name) && !/^if-[a-z-]+$/.test(name));
  if (unknown !== undefined)
    throw new CallError(`headers.${unknown}: a call cannot set this header. Headers: ${names.join(', ')}`);
}

/** The server ignores parameters that it does not know; a caller that misspells one should learn so. */
function requireKnownNames(known: KnownOperation, { path, query }: CallInput): void {
  const { contract } = known.api;
  const parameters = parametersOf(known);
  for (const [place, values = {}] of Object.entries({ path, query })) {
    const names = parameters.filter((one) => one.in === place).map(({ name }) => name);
    const inSecurity = place === 'query' ? securityParameters(contract) : [];
    const isKnown = (name: string) =>
      [...names, ...inSecurity].some((one) => name === one || name.startsWith(`${one}[`));
    const unknown = Object.keys(values).find((name) => !isKnown(name));
    if (unknown === undefined) continue;
    const others = names.length === 0 ? 'none' : similarNames(unknown, names).join(', ');
    throw new CallError(`${place}.${unknown}: there is no such parameter. Parameters in the ${place}: ${others}`);
  }
}

const securityParameters = ({ components = {} }: Contract): string[] =>
  Object.values(components.securitySchemes ?? {}).flatMap((scheme) => {
    const { in: place, name } = scheme as { in?: string; name?: string };
    return place === 'query' && name ? [name] : [];
  });

/** Without a name, or as a step to another folder, a segment would lead to another operation. */
function requireSegments(params: Record<string, string>): void {
  const wrong = Object.keys(params).find((name) => ['', '.', '..'].includes(params[name] ?? ''));
  if (wrong !== undefined) throw new CallError(`path.${wrong}: must not be empty, "." or ".."`);
}

/** The declared type that the body is sent as: the one that the caller names, or the first one. */
function mediaTypeOf({ api, operation }: KnownOperation, body: unknown, sent?: string): string | undefined {
  if (body === undefined) return undefined;
  const types = operation.requestBody
    ? Object.keys(resolve<RequestBody>(api.contract, operation.requestBody).content)
    : [];
  if (types.length === 0) throw new CallError('body: the operation takes none');
  const named = sent?.split(';', 1)[0]?.trim().toLowerCase();
  if (named === undefined) return types[0];
  if (!types.includes(named)) throw new CallError(`headers.content-type: must be ${types.join(' or ')}`);
  return named;
}

const validators = keptWith<Contract, ValidateRequest>();

interface Values {
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: unknown;
  mediaType: string | undefined;
  url: string;
}

function requireValid(
  { api: { contract }, path, method }: KnownOperation,
  { url, body, mediaType, ...values }: Values,
): void {
  const validate = validators(contract, path, () => requestValidator(contract, path));
  try {
    // The validator converts values in place.
    validate({
      method,
      originalUrl: url,
      mediaType,
      ...structuredClone(values),
      body: bodyToValidate(body, mediaType),
    });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const problems = error.details.map((detail) => `${fieldOf(detail.path)}: ${detail.message} (${detail.keyword})`);
    throw new CallError(problems.length > 0 ? problems.join('\n') : error.message);
  }
}

/** `/params/id` → `path.id`. */
const fieldOf = (pointer: string) =>
  pointer
    .slice(1)
    .replace(/^params(?=\/|$)/, 'path')
    .replaceAll('/', '.');

/** As the server reads it: files of a form are empty texts, other fields of forms are texts. */
function bodyToValidate(body: unknown, mediaType: string | undefined): unknown {
  if (!isForm(mediaType) || !isRecord(body)) return structuredClone(body);
  const toText = (value: unknown) => (isFile(value) ? '' : String(value));
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? value.map(toText) : toText(value)]),
  );
}

const isForm = (type = '') => /^(multipart\/form-data|application\/x-www-form-urlencoded)$/.test(type);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const FILE = /^data:([^,]*?)(?:;name=([^;,]*))?(;base64)?,(.*)$/s;
const isFile = (value: unknown): value is string => typeof value === 'string' && FILE.test(value);

function encodeBody(
  body: unknown,
  mediaType: string | undefined,
): { body: CallRequest['body']; type: string | undefined } {
  if (body === undefined || mediaType === undefined) return { body: undefined, type: undefined };
  if (!isForm(mediaType)) {
    if (mediaType.endsWith('json')) return { body: JSON.stringify(body), type: mediaType };
    return { body: isFile(body) ? toFile(body).bytes : String(body), type: mediaType };
  }
  const fields = Object.entries(body as object).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  );
  if (mediaType !== 'multipart/form-data') {
    const form = new URLSearchParams(fields.map(([name, value]) => [name, String(value)]));
    return { body: form.toString(), type: mediaType };
  }
  const form = new FormData();
  for (const [name, value] of fields) {
    if (!isFile(value)) form.append(name, String(value));
    else {
      const { bytes, type, name: file } = toFile(value);
      form.append(name, new File([bytes], file, { type }));
    }
  }
  // `fetch` writes the type with its boundary.
  return { body: form, type: undefined };
}

function toFile(url: string): { bytes: Uint8Array<ArrayBuffer>; type: string; name: string } {
  const [, type = '', name = 'file', base64, data = ''] = FILE.exec(url) ?? [];
  const bytes = base64 ? Buffer.from(data, 'base64') : Buffer.from(decodeURIComponent(data));
  return { bytes: new Uint8Array(bytes), type, name: decodeURIComponent(name) };
}
