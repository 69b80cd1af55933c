import { createHash } from 'node:crypto';
import type { Client, Credentials, Fields } from './credentials.ts';
import type { Exchange } from './exchange.ts';
import type { Operation, SecurityScheme } from './operations.ts';

/** A caller: a client, a person, or a person who uses a client. */
export interface Actor {
  name: string;
  client: Client | undefined;
  token: string | undefined;
  /** Values of parameters and of fields of bodies that are its own. */
  fields: Fields;
}

/** Sends a token request; the answer's token, if it has one. */
export type RequestToken = (form: Fields, client: Client | undefined) => Promise<string | undefined>;

/** How many people sign in: each takes the server the time of a password check. */
const MAX_PEOPLE = 4;

/** Each caller that these credentials allow. Signs people in where a password is needed. */
export async function createActors(
  { common, clients, people }: Credentials,
  requestToken: RequestToken,
): Promise<Actor[]> {
  const actors: Actor[] = people
    .filter(({ token }) => token !== undefined)
    .map(({ fields, token }, index) => ({
      name: nameOf(fields, index),
      client: clients[0],
      token,
      fields: { ...common, ...fields },
    }));
  for (const client of clients) {
    const ofClient = { client_id: client.id, client_secret: client.secret };
    for (const [index, { fields, login, password, token }] of people.slice(0, MAX_PEOPLE).entries()) {
      if (token !== undefined || login === undefined) continue;
      const names = { username: login, password, user_email: login, user_password: password };
      const given = await requestToken({ grant_type: 'password', ...ofClient, ...names }, client);
      if (given === undefined) continue;
      actors.push({ name: nameOf(fields, index), client, token: given, fields: { ...common, ...fields, ...ofClient } });
    }
    const own = await requestToken({ grant_type: 'client_credentials', ...ofClient }, client);
    actors.push({ name: client.id, client, token: own, fields: { ...common, ...ofClient } });
  }
  return actors;
}

const nameOf = ({ key, username, user_email, uid }: Fields, index: number) =>
  String(key ?? username ?? user_email ?? uid ?? index);

/**
 * Adds what proves the actor to the operation, by the first of its alternatives that the actor can use.
 *
 * @returns undefined when the actor can use none
 */
export function authorize({ security }: Operation, exchange: Exchange, actor: Actor): Exchange | undefined {
  if (security.length === 0) return exchange;
  for (const schemes of security.toSorted((a, b) => b.length - a.length)) {
    const added = schemes.reduce<Exchange | undefined>(
      (before, scheme) => before && addCredentials(before, scheme, actor),
      exchange,
    );
    if (added !== undefined) return added;
  }
  return undefined;
}

function addCredentials(exchange: Exchange, scheme: SecurityScheme, { client, token }: Actor): Exchange | undefined {
  const { type, scheme: kind = 'bearer', in: place, name = '' } = scheme;
  const secret = type === 'http' && kind === 'basic' ? basicOf(client, scheme) : token;
  if (secret === undefined) return undefined;
  if (type === 'apiKey' && place !== 'query') return undefined;
  return type === 'apiKey'
    ? { ...exchange, query: { ...exchange.query, [name]: secret } }
    : withHeader(exchange, 'Authorization', `${schemeOf(scheme)} ${secret}`);
}

export const schemeOf = ({ type, scheme = 'bearer' }: SecurityScheme): string =>
  type === 'oauth2' || scheme === 'bearer' ? 'Bearer' : scheme === 'basic' ? 'Basic' : scheme;

export const withHeader = (exchange: Exchange, name: string, value: string): Exchange => ({
  ...exchange,
  headers: { ...exchange.headers, [name]: value },
});

/** What HTTP Basic sends. */
export function basicOf(client: Client | undefined, { 'x-secret-digest': digest }: SecurityScheme): string | undefined {
  if (client === undefined) return undefined;
  const secret = digest === undefined ? client.secret : createHash(digest).update(client.secret).digest('hex');
  return Buffer.from(`${client.id}:${secret}`).toString('base64');
}
