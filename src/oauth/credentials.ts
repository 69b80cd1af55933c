import type { ClientCredentials } from './clients.ts';
import { OAuthError } from './errors.ts';

/** What follows the scheme word of an Authorization header, whatever its case. */
export function credentialsOf(header: string | undefined, scheme: 'basic' | 'bearer'): string | undefined {
  const match = /^(\S+) +(\S+) *$/.exec(header ?? '');
  return match?.[1]?.toLowerCase() === scheme ? match[2] : undefined;
}

/** The client's credentials in HTTP Basic (RFC 6749 §2.3.1); unverified. */
export function basicCredentials(header: string | undefined): ClientCredentials | undefined {
  const encoded = credentialsOf(header, 'basic');
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  const [id, secret] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { id: formDecode(id), secret: formDecode(secret) || undefined };
}

/** RFC 6749 §2.3.1 encodes both halves like a form; who does not encode is understood as well. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/**
 * The challenge to an application that was not authenticated (RFC 6749 §5.2). Only who came with Basic is asked for it:
 * browsers ask the person in front of them for a password when they see it.
 */
export const clientChallenge = ({ usesBasic }: { usesBasic: boolean }, realm: string): string =>
  `${usesBasic ? 'Basic' : 'Bearer'} realm="${realm}"`;

/** HTTP Basic, or the fields of the body; both at once only when they say the same (RFC 6749 §2.3). */
export function clientCredentials(
  basic: ClientCredentials | undefined,
  { client_id: id, client_secret: secret }: { client_id?: string | undefined; client_secret?: string | undefined },
): ClientCredentials | undefined {
  if (basic === undefined) return id ? { id, secret: secret || undefined } : undefined;
  if ((secret && secret !== basic.secret) || (id && id !== basic.id)) {
    throw new OAuthError('invalid_request', 'The client credentials in the header and in the body differ');
  }
  return basic;
}

/** RFC 6749 §3.2: a parameter without a value counts as absent. */
export const withoutEmpty = <T extends object>(parameters: T): T =>
  Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== '')) as T;
