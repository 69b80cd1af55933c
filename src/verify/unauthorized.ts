import { randomBytes } from 'node:crypto';
import { type Actor, basicOf, schemeOf, withHeader } from './actors.ts';
import type { Exchange } from './exchange.ts';
import type { Operation } from './operations.ts';

/**
 * The request of an operation that needs credentials, without any and with wrong ones. Nothing for an operation that can do
 * without.
 *
 * The wrong names are made up: a server may lock an account after wrong guesses.
 *
 * @param random bytes that no credentials have
 */
export function withoutAuthentication(
  { security }: Operation,
  start: Exchange,
  actors: readonly Actor[],
  random: (size: number) => Buffer = randomBytes,
): { what: string; exchange: Exchange }[] {
  if (security.length === 0 || security.some((schemes) => schemes.length === 0)) return [];
  const { Authorization: _, Cookie: __, ...headers } = start.headers ?? {};
  const query = { ...start.query };
  for (const { type, in: place, name = '' } of security.flat())
    if (type === 'apiKey' && place === 'query') delete query[name];
  const bare = { ...start, headers, query };
  const wrong = security.flat().flatMap((scheme) => {
    const { type, in: place, name = '', scheme: kind } = scheme;
    const secret = random(32).toString('hex');
    if (type === 'apiKey' && place === 'query')
      return [{ what: 'with a wrong key', exchange: { ...bare, query: { ...query, [name]: secret } } }];
    if (type === 'apiKey') return [];
    const other = { id: String(900_000_000 + random(3).readUIntBE(0, 3)), secret };
    const value = kind === 'basic' ? basicOf(other, scheme) : likeTokensOf(actors, secret);
    const exchange = withHeader(bare, 'Authorization', `${schemeOf(scheme)} ${value}`);
    return [{ what: `with wrong credentials (${scheme.key})`, exchange }];
  });
  return [{ what: 'without credentials', exchange: bare }, ...wrong];
}

/** As long as a real token. */
function likeTokensOf(actors: readonly Actor[], random: string): string {
  const length = actors.find(({ token }) => token !== undefined)?.token?.length ?? random.length;
  return random.padEnd(length, '0').slice(0, length);
}
