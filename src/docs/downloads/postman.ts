import type { Api } from '../../http/api.ts';
import type { Contract, OperationObject } from '../../http/contract.ts';
import type { Addresses } from '../addresses.ts';
import { listOperations, sampleRequest } from '../samples/example.ts';
import type { SampleBody, SampleFile, SampleRequest } from '../samples/request.ts';
import { signInScripts } from './postman-scripts.ts';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

/** The operations of an API as a collection of Postman: a folder for each tag, and each request filled in. */
export function toPostman(api: Api, contract: Contract, at: Addresses): object {
  const variables = new Variables(api, at);
  const { title, description, version } = contract.info;
  const operations = listOperations({ contract });
  const folders = (contract.tags ?? []).map((tag) => ({
    name: (tag as { 'x-displayName'?: string })['x-displayName'] ?? tag.name,
    description: tag.description,
    item: operations
      .filter(({ operation }) => operation.tags?.includes(tag.name))
      .map(({ operation }) => toItem(operation, sampleRequest(api, operation.operationId, at), variables)),
  }));
  return {
    info: { name: title, description, version, schema: SCHEMA },
    item: folders.filter(({ item }) => item.length > 0),
    event: signInScripts(api.demo?.samples?.signIn),
  };
}

/** The variables of the collection with their values: those of the demo data in a sandbox, otherwise blank. */
export function toPostmanEnvironment(api: Api, contract: Contract, at: Addresses): object {
  const variables = new Variables(api, at);
  const values = Object.entries(variables.values()).map(([key, value]) => ({
    key,
    value,
    type: key === 'baseUrl' ? 'default' : 'secret',
    enabled: true,
  }));
  return { name: contract.info.title, values, _postman_variable_scope: 'environment' };
}

interface Scheme {
  type: string;
  scheme?: string;
  in?: string;
  name?: string;
}

/** The credentials of an API's requests. Each different one has a variable. */
class Variables {
  readonly #api: Api;
  readonly #at: Addresses;
  /** Names by credential. */
  readonly #names = new Map<string, string>();

  constructor(api: Api, at: Addresses) {
    this.#api = api;
    this.#at = at;
    const uses = new Map<string, { scheme: string; count: number }>();
    for (const { operation } of listOperations(api)) {
      const { scheme, credential } = this.#credentialOf(sampleRequest(api, operation.operationId, at));
      if (scheme === undefined) continue;
      const key = `${scheme} ${credential}`;
      uses.set(key, { scheme, count: (uses.get(key)?.count ?? 0) + 1 });
    }
    const counts = new Map<string, number>();
    // The credential of most operations has the plain name.
    for (const [key, { scheme }] of [...uses].toSorted(([, a], [, b]) => b.count - a.count)) {
      const count = (counts.get(scheme) ?? 0) + 1;
      counts.set(scheme, count);
      this.#names.set(key, scheme + (count === 1 ? '' : count));
    }
  }

  values(): Record<string, string> {
    const { isSandbox } = this.#at;
    const signIn = this.#api.demo?.samples?.signIn?.variables ?? {};
    const credentials = Array.from(this.#names, ([key, name]) => {
      const value = isSandbox ? key.slice(key.indexOf(' ') + 1) : '';
      const [user = '', ...password] = value.split(':');
      const isBasic = this.#scheme(key.slice(0, key.indexOf(' '))).scheme === 'basic';
      return isBasic ? { [`${name}User`]: user, [`${name}Password`]: password.join(':') } : { [name]: value };
    });
    const own = Object.entries(signIn).map(([name, value]) => [name, isSandbox ? value : '']);
    return Object.assign({ baseUrl: baseUrlOf(this.#api, this.#at) }, Object.fromEntries(own), ...credentials);
  }

  /** How a request names its credentials, as Postman has it. */
  authOf(request: SampleRequest): { auth: object; header?: object; query?: object } {
    const { scheme, credential } = this.#credentialOf(request);
    if (scheme === undefined) return { auth: { type: 'noauth' } };
    const name = this.#names.get(`${scheme} ${credential}`) as string;
    const { type, scheme: kind = 'bearer', in: place, name: field } = this.#scheme(scheme);
    const value = `{{${name}}}`;
    if (type === 'apiKey') {
      const own =
        place === 'query'
          ? { query: { key: field, value } }
          : { header: { key: 'Cookie', value: `${field}=${value}` } };
      return { auth: { type: 'noauth' }, ...own };
    }
    if (kind === 'basic')
      return { auth: authOf('basic', { username: `{{${name}User}}`, password: `{{${name}Password}}` }) };
    if (kind === 'bearer' || type === 'oauth2') return { auth: authOf('bearer', { token: value }) };
    return { auth: authOf('apikey', { key: 'Authorization', value: `${kind} ${value}`, in: 'header' }) };
  }

  #credentialOf({ scheme, headers, parameters }: SampleRequest): { scheme: string | undefined; credential: string } {
    if (scheme === undefined) return { scheme, credential: '' };
    const { type, in: place, name } = this.#scheme(scheme);
    if (type === 'apiKey' && place === 'query')
      return { scheme, credential: String(parameters.find((one) => one.name === name)?.value) };
    if (type === 'apiKey') return { scheme, credential: headers.Cookie?.replace(/^[^=]*=/, '') ?? '' };
    const [kind, text = ''] = headers.Authorization?.split(' ') ?? [];
    return { scheme, credential: kind === 'Basic' ? Buffer.from(text, 'base64').toString() : text };
  }

  #scheme(name: string): Scheme {
    return this.#api.contract.components?.securitySchemes?.[name] as unknown as Scheme;
  }
}

const authOf = (type: string, values: Record<string, string>) => ({
  type,
  [type]: Object.entries(values).map(([key, value]) => ({ key, value, type: 'string' })),
});

function baseUrlOf(api: Api, at: Addresses): string {
  const [first] = listOperations(api);
  return first === undefined ? '' : sampleRequest(api, first.operation.operationId, at).baseUrl;
}

function toItem(operation: OperationObject, request: SampleRequest, variables: Variables): object {
  const { summary = '', operationId } = operation;
  const { description } = operation as { description?: string };
  const { auth, header, query } = variables.authOf(request);
  const type = request.headers['Content-Type'];
  return {
    name: summary,
    id: `${request.api}-${operationId}`,
    request: {
      method: request.method,
      auth,
      header: [
        ...request.parameters
          .filter((one) => one.in === 'header')
          .map(({ name, value }) => ({ key: name, value: String(value) })),
        ...(type && request.body?.kind !== 'form' ? [{ key: 'Content-Type', value: type }] : []),
        ...(header ? [header] : []),
      ],
      url: toUrl(request, header === undefined ? query : undefined),
      ...(request.body && { body: toBody(request.body) }),
      description,
    },
    response: [],
  };
}

function toUrl({ path, parameters }: SampleRequest, credential: object | undefined): object {
  const segments = path
    .slice(1)
    .replace(/{([^}]+)}/g, ':$1')
    .split('/');
  const valuesIn = (place: string) =>
    parameters.filter((one) => one.in === place).map(({ name, value }) => ({ key: name, value: String(value) }));
  const { key } = (credential ?? {}) as { key?: string };
  const query = [
    ...valuesIn('query').filter((one) => one.key !== key),
    ...(credential ? [credential as { key: string; value: string }] : []),
  ];
  const search = query.map(({ key: name, value }) => `${name}=${value}`).join('&');
  return {
    raw: `{{baseUrl}}/${segments.join('/')}${search && `?${search}`}`,
    host: ['{{baseUrl}}'],
    path: segments,
    ...(query.length > 0 && { query }),
    variable: valuesIn('path'),
  };
}

function toBody(body: SampleBody): object {
  if (body.kind === 'json')
    return { mode: 'raw', raw: JSON.stringify(body.value, null, 2), options: { raw: { language: 'json' } } };
  if (body.kind === 'bytes') return { mode: 'file', file: { content: contentOf(body.file) } };
  const fields = body.fields.map(([key, value]) =>
    typeof value === 'string' ? { key, value, type: 'text' } : { key, type: 'file', src: [] },
  );
  return body.kind === 'form' ? { mode: 'urlencoded', urlencoded: fields } : { mode: 'formdata', formdata: fields };
}

const contentOf = ({ text, base64 = '' }: SampleFile) => text ?? base64;
