import type { Api, DemoPerson } from '../../http/api.ts';
import { resolve } from '../../http/contract.ts';
import type { Addresses } from '../addresses.ts';
import type { Language } from '../page.ts';
import { listOperations, sampleRequest } from '../samples/example.ts';
import type { SampleBody, SampleParameter, SampleRequest } from '../samples/request.ts';
import { type TryTexts, texts } from './texts.ts';

/** What the page for trying operations knows. It is written into the page. */
export interface TryData {
  operations: TryOperation[];
  servers: TryServer[];
  /** The demo people of the sandbox; empty elsewhere. */
  people: { key: string; label: string }[];
  texts: TryTexts;
}

export interface TryServer {
  /** Of the API. */
  url: string;
  label: string;
  /** The control API, where the server is a sandbox that keeps a log of requests. */
  control?: string;
  /** Whether the control API makes worlds. */
  hasWorlds?: boolean;
}

export interface TryOperation {
  tag: string;
  summary: string;
  /** With the parameters and the body of the first person; without credentials. */
  request: SampleRequest;
  /** Every parameter of the contract. */
  parameters: TryParameter[];
  /** The key of the person who calls it unless the reader chooses another one. */
  caller: string | undefined;
  /** What each person sends, by key. */
  people: Record<string, TryCredentials>;
  /** How the credentials of other people are sent; undefined where there are none to enter. */
  scheme: TryScheme | undefined;
  /** Whether it is about worlds, which exist outside of them. */
  isOutside: boolean;
}

export interface TryParameter {
  name: string;
  in: SampleParameter['in'];
  isRequired: boolean;
  /** Empty for an optional one that the sample leaves out. */
  value: string;
  example: string;
  /**
   * Where the values that exist now are listed, for an API without demo data: its path, the member of each entry, and the
   * operation that makes an entry.
   */
  list?: { path: string; member: string; maker: { operationId: string; summary: string } | undefined };
}

export interface TryCredentials {
  /** `Authorization` or `Cookie`. */
  headers: Record<string, string>;
  /** Fields of the form that depend on the person. */
  fields: Record<string, string>;
}

/** `prefix` stands before the text in `Authorization`; that of Basic is encoded first. */
export type TryScheme = { label: string; prefix: 'Basic ' | string };

export function tryData(api: Api, language: Language, at: Addresses, contract: Api['contract']): TryData {
  const { servers = [] } = contract as { servers?: { url: string; description?: string }[] };
  const isOwn = (url: string) => at.isSandbox && at.server !== undefined && url === `${at.server}/${api.name}`;
  const isMock = (url: string) => at.mock !== undefined && url === `${at.mock}/${api.name}`;
  const translated = new Map(listOperations({ contract }).map(({ operation }) => [operation.operationId, operation]));
  return {
    operations: listOperations(api).map(({ operation, item, path }) => {
      const { operationId } = operation;
      const { tags: [tag = ''] = [], summary = '' } = translated.get(operationId) ?? operation;
      const request = sampleRequest(api, operationId, at);
      const people = at.isSandbox && api.demo?.samples ? api.demo.people : [];
      const samples = api.demo?.samples;
      const { Authorization: _, Cookie: __, ...headers } = request.headers;
      return {
        tag,
        summary,
        request: { ...request, headers },
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) =>
          toParameter(
            { contract, demo: api.demo },
            path,
            resolve(api.contract, parameter as ContractParameter),
            request,
          ),
        ),
        isOutside: api.demo === undefined && path.startsWith('/worlds'),
        caller: samples?.requests[operationId]?.as ?? samples?.callerOf?.(operation) ?? people[0]?.key,
        people: Object.fromEntries(
          people.map((person) => [person.key, credentialsOf(request, sampleRequest(api, operationId, at, person.key))]),
        ),
        scheme: schemeOf(api, operation.security ?? api.contract.security),
      };
    }),
    servers: servers.map(({ url, description = '' }) => ({
      url,
      label: description,
      ...(isOwn(url) && { control: `${at.server}/sandbox`, hasWorlds: true }),
      ...(isMock(url) && { control: `${at.mock}/sandbox` }),
    })),
    people: at.isSandbox && api.demo?.samples ? api.demo.people.map(toPerson(language)) : [],
    texts: texts[language],
  };
}

const toPerson =
  (language: Language) =>
  ({ key, name, state }: DemoPerson) => {
    const words = [key, ...(state === undefined ? [] : [texts[language].states[state]])].join(', ');
    return { key, label: `${name} (${words})` };
  };

interface ContractParameter {
  name: string;
  in: SampleParameter['in'];
  required?: boolean;
  example?: unknown;
}

function toParameter(
  api: Pick<Api, 'contract' | 'demo'>,
  path: string,
  { name, in: place, required = false, example }: ContractParameter,
  request: SampleRequest,
): TryParameter {
  const sample = request.parameters.find((parameter) => parameter.name === name && parameter.in === place);
  const value = sample === undefined ? '' : `${sample.value}`;
  const list = place === 'path' ? listOf(api, path, name) : undefined;
  return {
    name,
    in: place,
    isRequired: required,
    value,
    example: example === undefined ? '' : `${example}`,
    ...(list && { list }),
  };
}

/** The list above `/things/{thing_id}`. An API with demo data needs none: its examples exist. */
function listOf(
  { contract: { paths }, demo }: Pick<Api, 'contract' | 'demo'>,
  path: string,
  name: string,
): TryParameter['list'] {
  const above = path.replace(/\/\{\w+\}$/, '');
  if (demo !== undefined || !path.endsWith(`{${name}}`) || paths[above]?.get === undefined) return undefined;
  const maker = paths[above]?.post ?? paths[path]?.put;
  return {
    path: above,
    member: name.replace(/^\w+_(?=id$)/, ''),
    maker: maker && { operationId: maker.operationId, summary: maker.summary ?? '' },
  };
}

/** What a person's request has that the first one's has not. */
function credentialsOf(first: SampleRequest, own: SampleRequest): TryCredentials {
  const { Authorization, Cookie } = own.headers;
  const headers = { ...(Authorization && { Authorization }), ...(Cookie && { Cookie }) };
  const before = new Map(fieldsOf(first.body));
  return {
    headers,
    fields: Object.fromEntries(fieldsOf(own.body).filter(([name, value]) => before.get(name) !== value)),
  };
}

const fieldsOf = (body: SampleBody | undefined): [string, string][] => (body?.kind === 'form' ? body.fields : []);

function schemeOf(api: Api, requirements: Api['contract']['security'] = []): TryScheme | undefined {
  for (const name of requirements.flatMap((requirement) => Object.keys(requirement))) {
    const scheme = api.contract.components?.securitySchemes?.[name] as { type: string; scheme?: string };
    if (scheme.type === 'oauth2') return { label: name, prefix: 'Bearer ' };
    if (scheme.type !== 'http') continue;
    const { scheme: kind = 'bearer' } = scheme;
    return { label: name, prefix: kind === 'basic' ? 'Basic ' : kind === 'bearer' ? 'Bearer ' : `${kind} ` };
  }
  return undefined;
}
