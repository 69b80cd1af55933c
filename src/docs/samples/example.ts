import type { Api, DemoPerson } from '../../http/api.ts';
import {
  type MediaType,
  type Method,
  methods,
  type OperationObject,
  type Reference,
  type RequestBody,
  type ResponseObject,
  resolve,
} from '../../http/contract.ts';
import type { DemoRequest } from '../../http/demo-samples.ts';
import type { Addresses } from '../addresses.ts';

import type { SampleBody, SampleFile, SampleParameter, SampleRequest } from './request.ts';

const files: Record<'text' | NonNullable<DemoRequest['file']>, SampleFile> = {
  text: { name: 'notes.md', type: 'text/markdown', text: '# 会议记录\n' },
  // One pixel.
  picture: {
    name: 'picture.png',
    type: 'image/png',
    base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  },
};

interface Parameter {
  name: string;
  in: SampleParameter['in'];
  required?: boolean;
  example?: unknown;
  examples?: Record<string, { value: unknown } | Reference>;
}

interface Scheme {
  type: 'http' | 'apiKey' | 'oauth2';
  scheme?: string;
  in?: 'header' | 'query' | 'cookie';
  name?: string;
}

/** Every operation of an API with its method and path, in the order of the contract. */
export const listOperations = ({ contract }: Pick<Api, 'contract'>) =>
  Object.entries(contract.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation, item }];
    }),
  );

/**
 * The request that the documentation shows for an operation: the contract's examples of what is required, and in a
 * sandbox the credentials of a person and the values of the demo data.
 *
 * @param as the key of the person; by default the one whom the demo data name for the operation
 */
export function sampleRequest(api: Api, operationId: string, at: Addresses, as?: string): SampleRequest {
  const found = listOperations(api).find(({ operation }) => operation.operationId === operationId);
  if (found === undefined) throw new Error(`${api.name} has no operation ${operationId}`);
  const { path, method, operation, item } = found;
  const demo = at.isSandbox ? api.demo?.samples : undefined;
  const changes = demo?.requests[operationId] ?? {};
  const person = personOf(api, as ?? changes.as ?? demo?.callerOf?.(operation));
  const fields = (person && demo?.fieldsOf(person)) ?? {};
  const own = (name: string, value: unknown) => (name in fields ? fields[name] : value);

  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
    .map((parameter) => resolve(api.contract, parameter as Parameter))
    .flatMap((parameter): SampleParameter[] => {
      const { name, in: place, required } = parameter;
      const given = changes.parameters?.[name];
      if (given !== undefined) return [{ name, in: place, value: given }];
      const value = own(name, exampleOf(api, parameter));
      return required && value !== undefined ? [{ name, in: place, value: value as string }] : [];
    });

  const request: SampleRequest = {
    api: api.name,
    operationId,
    method: method.toUpperCase(),
    path,
    baseUrl: baseUrlOf(api, at),
    parameters,
    scheme: undefined,
    headers: {},
    client: demo?.client ?? { clientId: 'YOUR_CLIENT_ID' },
    body: bodyOf(api, operation, changes, own),
    answer: answerOf(api, operation, method),
  };
  authorize(request, api, operation, person, at);
  const { body } = request;
  if (body?.kind === 'json' || body?.kind === 'bytes') request.headers['Content-Type'] = body.type;
  if (body?.kind === 'form') request.headers['Content-Type'] = 'application/x-www-form-urlencoded';
  return request;
}

/** This server; where none is known the original. */
function baseUrlOf({ name, contract }: Api, { server }: Addresses): string {
  if (server !== undefined) return `${server}/${name}`;
  const { servers = [] } = contract as { servers?: { url: string }[] };
  return servers.find(({ url }) => url.startsWith('https:'))?.url ?? `https://qiyue.example/${name}`;
}

function exampleOf(api: Api, { example, examples }: Pick<Parameter, 'example' | 'examples'>, wanted?: string): unknown {
  const named = wanted === undefined ? Object.values(examples ?? {})[0] : examples?.[wanted];
  return named === undefined ? example : resolve(api.contract, named).value;
}

function personOf({ demo }: Api, key?: string): DemoPerson | undefined {
  return demo?.people.find((person) => person.key === key) ?? demo?.people[0];
}

function bodyOf(
  api: Api,
  operation: OperationObject,
  changes: DemoRequest,
  own: (name: string, value: unknown) => unknown,
): SampleBody | undefined {
  if (operation.requestBody === undefined) return undefined;
  const { content } = resolve<RequestBody>(api.contract, operation.requestBody);
  const [type = '', media = {}] = Object.entries(content)[0] ?? [];
  const example = exampleOf(api, media as MediaType & Parameter, changes.example);
  const file = files[changes.file ?? 'text'];
  if (type === 'application/octet-stream') return { kind: 'bytes', type, file };
  const changedExample = changed(example, changes, own);
  if (type.endsWith('json')) return { kind: 'json', type, value: changedExample };
  const value = changedExample as Record<string, unknown>;
  const fields = Object.entries(value).flatMap(([name, one]) => [one].flat().map((item) => [name, `${item}`] as const));
  if (type !== 'multipart/form-data') return { kind: 'form', value, fields: fields.map(([...field]) => field) };
  const isFile = (name: string) => isBinary(api, media, name);
  return { kind: 'multipart', value, fields: fields.map(([name, one]) => [name, isFile(name) ? file : one]) };
}

/** Members with undefined are left out. */
function changed(example: unknown, { body }: DemoRequest, own: (name: string, value: unknown) => unknown): unknown {
  if (Array.isArray(body)) return body;
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return example;
  const members = Object.entries(example).map(([name, value]) => [name, own(name, value)]);
  const merged = { ...Object.fromEntries(members), ...body };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

interface Schema {
  properties?: Record<string, Schema | Reference>;
  allOf?: (Schema | Reference)[];
  type?: string;
  format?: string;
  contentMediaType?: string;
}

function isBinary(api: Api, { schema = {} }: MediaType, name: string): boolean {
  const { properties = {}, allOf = [] } = resolve(api.contract, schema as Schema);
  const property = properties[name];
  if (property === undefined) return allOf.some((part) => isBinary(api, { schema: part }, name));
  const { format, contentMediaType } = resolve(api.contract, property);
  return format === 'binary' || contentMediaType !== undefined;
}

/** Adds the credentials for the first alternative that the caller has them for. */
function authorize(
  request: SampleRequest,
  api: Api,
  operation: OperationObject,
  person: DemoPerson | undefined,
  { isSandbox }: Addresses,
): void {
  const alternatives = operation.security ?? api.contract.security ?? [];
  const isOptional = alternatives.some((alternative) => Object.keys(alternative).length === 0);
  for (const alternative of alternatives) {
    const [name] = Object.keys(alternative);
    if (name === undefined) return;
    const scheme = api.contract.components?.securitySchemes?.[name] as unknown as Scheme;
    const credential = isSandbox
      ? person && api.demo?.samples?.credential(person, name, operation)
      : isOptional
        ? undefined
        : placeholderOf(scheme);
    if (credential === undefined) continue;
    request.scheme = name;
    if (scheme.type === 'apiKey' && scheme.in === 'cookie') request.headers.Cookie = `${scheme.name}=${credential}`;
    else if (scheme.type === 'apiKey')
      request.parameters.push({ name: scheme.name as string, in: scheme.in as 'query', value: credential });
    else request.headers.Authorization = authorization(scheme, credential);
    return;
  }
}

const placeholderOf = ({ scheme }: Scheme) => (scheme === 'basic' ? 'YOUR_ID:YOUR_SECRET' : 'YOUR_TOKEN');

function authorization({ type, scheme = 'bearer' }: Scheme, credential: string): string {
  if (scheme === 'basic') return `Basic ${Buffer.from(credential).toString('base64')}`;
  return `${type === 'oauth2' || scheme === 'bearer' ? 'Bearer' : scheme} ${credential}`;
}

function answerOf(api: Api, { responses }: OperationObject, method: Method): SampleRequest['answer'] {
  const declared = Object.keys(responses);
  const success = declared.find((code) => code.startsWith('2'));
  // Pages are got with 200, and forms lead elsewhere.
  if (success === undefined || (method !== 'get' && declared.some((code) => /^30[1-378]$/.test(code))))
    return 'redirect';
  const { content = {} } = resolve(api.contract, responses[success] as ResponseObject);
  const [type] = Object.keys(content);
  if (type === undefined) return 'nothing';
  if (type.endsWith('json')) return 'json';
  if (type === 'text/event-stream') return 'stream';
  return type === 'text/html' ? 'text' : 'file';
}
