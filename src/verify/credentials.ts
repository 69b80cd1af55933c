import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { VerifyError } from './error.ts';

export type Fields = Record<string, unknown>;

/** What `GET /sandbox/credentials` answers for one API, or the same from an operator of another server. */
export interface Credentials {
  /** The fields of the API beside those of clients and people. */
  common: Fields;
  /** Applications: `client_id` and `client_secret`, `api_key` and `api_secret`, or `appid` and `appsecret`. */
  clients: Client[];
  /** The people who can sign in, or whose token is known; not those with an unusual account. */
  people: Person[];
}

export interface Client {
  id: string;
  secret: string;
}

export interface Person {
  fields: Fields;
  login: string | undefined;
  password: string | undefined;
  token: string | undefined;
}

/**
 * Reads a file in JSON or YAML: the whole answer of `/sandbox/credentials`, or its member for the API.
 *
 * @throws VerifyError when it cannot be read
 */
export async function readCredentials(file: string, api: string): Promise<Fields> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new VerifyError(`The credentials cannot be read: ${error.message}`);
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new VerifyError(`${file} is neither JSON nor YAML: ${(error as Error).message.split('\n', 1)[0]}`);
  }
  if (!isFields(content)) throw new VerifyError(`${file} has no object with credentials`);
  return isFields(content[api]) ? content[api] : content;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const clientFields = [
  ['client_id', 'client_secret'],
  ['api_key', 'api_secret'],
  ['appid', 'appsecret'],
] as const;

/** Finds the clients and the people in the fields of an API, at any depth. */
export function toCredentials(section: Fields): Credentials {
  const clients: Client[] = [];
  const people: Person[] = [];
  const objects = [...objectsIn(section)];
  const unusual = new Set(objects.filter(({ state }) => state !== undefined).map(keyOf));
  for (const one of objects) {
    for (const [id, secret] of clientFields) {
      if (one[id] === undefined || clients.some((known) => known.id === String(one[id]))) continue;
      clients.push({ id: String(one[id]), secret: String(one[secret] ?? '') });
    }
    const person = toPerson(one);
    const { token, password } = person;
    const key = keyOf(one);
    const canCall = token !== undefined || password !== undefined;
    if (key !== undefined && canCall && !unusual.has(key) && !people.some(({ fields }) => keyOf(fields) === key))
      people.push(person);
  }
  const common = Object.entries(section).filter(([, value]) => typeof value !== 'object');
  return { common: Object.fromEntries(common), clients, people };
}

const toPerson = (fields: Fields): Person => ({
  fields,
  login: textOf(fields.username ?? fields.user_email ?? fields.email),
  password: textOf(fields.password ?? fields.user_password),
  token: textOf(fields.access_token ?? fields.token),
});

const textOf = (value: unknown) => (value === undefined ? undefined : String(value));

function keyOf(fields: Fields): string | undefined {
  const { token, login } = toPerson(fields);
  return token ?? login;
}

/** An object and those inside of it, those in `people` first. */
function* objectsIn(value: unknown): Generator<Fields> {
  if (Array.isArray(value)) for (const one of value) yield* objectsIn(one);
  if (!isFields(value)) return;
  yield value;
  const { people, ...others } = value;
  yield* objectsIn(people);
  for (const one of Object.values(others)) yield* objectsIn(one);
}
