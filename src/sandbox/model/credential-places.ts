import { type Contract, resolve } from '../../http/contract.ts';
import type { LoggedExchange } from './exchange.ts';

/** What a security scheme says of the place of its credentials; `x-fields` are those of the body that may hold them. */
interface Scheme {
  type: string;
  in?: 'query' | 'header' | 'cookie';
  name?: string;
  'x-fields'?: readonly string[];
  'x-aliases'?: readonly string[];
}

const AUTHORIZATION = '/headers/authorization';

/**
 * Where the credentials of a request are that an API refused, as a JSON pointer: the first of the contract's places that
 * has a value. Without a value it is the first place.
 */
export function credentialPlace(exchange: LoggedExchange): string {
  const { contract } = exchange.api;
  const places = schemesOf(contract, exchange).flatMap(placesOf);
  return places.find((place) => hasValue(exchange, place)) ?? places[0] ?? AUTHORIZATION;
}

function schemesOf(contract: Contract, { operation }: LoggedExchange): Scheme[] {
  if (operation === undefined) return [];
  const security = contract.paths[operation.path]?.[operation.method]?.security ?? contract.security ?? [];
  const schemes = contract.components?.securitySchemes ?? {};
  return security.flatMap((requirement) =>
    Object.keys(requirement).map((name) => resolve<Scheme>(contract, schemes[name] as Scheme)),
  );
}

function placesOf({ type, in: part, name = '', 'x-fields': fields, 'x-aliases': aliases = [] }: Scheme): string[] {
  if (fields !== undefined) return fields.map((field) => `/body/${field}`);
  if (type !== 'apiKey') return [AUTHORIZATION];
  if (part === 'cookie') return ['/headers/cookie'];
  return part === 'query' ? [name, ...aliases].map((one) => `/query/${one}`) : [`/headers/${name.toLowerCase()}`];
}

function hasValue({ headers, query, requestBody }: LoggedExchange, place: string): boolean {
  const [, part, name = ''] = place.split('/');
  if (part === 'headers') return headers[name] !== undefined;
  if (part === 'query') return new URLSearchParams(query).has(name);
  return typeof requestBody === 'object' && requestBody !== null && Object.hasOwn(requestBody, name);
}
