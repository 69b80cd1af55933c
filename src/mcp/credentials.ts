import type { Credentials } from './example.ts';
import type { KnownOperation } from './operations.ts';

interface Scheme {
  type: string;
  scheme?: string;
  in?: string;
  name?: string;
}

/**
 * A token as the operation takes it: the first of the operation's schemes decides. None where it needs no credentials.
 *
 * @param token alone, or with the scheme in front, as in the header Authorization; `id:secret` for HTTP Basic
 */
export function tokenCredentials({ api: { contract }, operation }: KnownOperation, token: string): Credentials {
  const alternatives = operation.security ?? contract.security ?? [];
  const [name] = alternatives.flatMap((alternative) => Object.keys(alternative));
  if (name === undefined) return { headers: {}, query: {} };
  if (/^\w+ \S/.test(token)) return { headers: { authorization: token }, query: {} };
  const scheme = contract.components?.securitySchemes?.[name] as unknown as Scheme;
  const { type, in: place, name: field = '', scheme: kind = 'bearer' } = scheme;
  if (type === 'apiKey' && place === 'query') return { headers: {}, query: { [field]: token } };
  if (type === 'apiKey') return { headers: { cookie: `${field}=${token}` }, query: {} };
  if (kind === 'basic')
    return { headers: { authorization: `Basic ${Buffer.from(token).toString('base64')}` }, query: {} };
  return {
    headers: { authorization: `${kind === 'bearer' ? 'Bearer' : kind} ${token}` },
    query: {},
  };
}
