import type { CredentialSource, SecurityHandler } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';

/** As much of a security scheme of a contract as the mock reads. */
export interface SecurityScheme {
  type: string;
  /** Of `http`: the first word of Authorization. */
  scheme?: string;
  /** Of `apiKey`. */
  in?: string;
  name?: string;
  /** Other names of the parameter. */
  'x-aliases'?: readonly string[];
  /** Fields of the body that can hold the token. */
  'x-fields'?: readonly string[];
}

/** A handler that accepts all credentials of a scheme. The actor is the name of the scheme. */
export function acceptCredentials(name: string, scheme: SecurityScheme): SecurityHandler {
  return (source) => (findCredentials(scheme, source) ? { scheme: name } : undefined);
}

function findCredentials(
  { type, scheme = 'bearer', in: place, name = '', 'x-aliases': aliases = [], 'x-fields': fields = [] }: SecurityScheme,
  source: CredentialSource,
): unknown {
  const inBody = fields.map((field) => (source.body as Record<string, unknown> | undefined)?.[field]).find(Boolean);
  if (inBody !== undefined) return inBody;
  if (type !== 'apiKey') {
    return authorizationCredentials(source.headers.authorization, scheme.toLowerCase());
  }
  if (place === 'cookie') return source.cookie(name);
  if (place === 'query') return [name, ...aliases].map((one) => source.query[one]).find(Boolean);
  return source.headers[name.toLowerCase()];
}
