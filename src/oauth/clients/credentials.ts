import { authorizationCredentials } from '../../http/authorization-header.ts';
import { OAuthError } from '../errors.ts';
import type { ClientCredentials } from './authenticate-client.ts';

/**
 * The client's credentials, unverified: in HTTP Basic or in the body, or the same ones in both (RFC 6749 §2.3).
 *
 * @throws OAuthError invalid_request when they differ
 */
export function clientCredentials(
  basic: ClientCredentials | undefined,
  { client_id: id, client_secret: secret }: { client_id?: string | undefined; client_secret?: string | undefined },
): ClientCredentials | undefined {
  if (basic === undefined) return id ? { id, secret: secret || undefined } : undefined;
  const isSame = (sent: ClientCredentials) => (!secret || secret === sent.secret) && (!id || id === sent.id);
  if (!isSame(basic) && (basic.asSent === undefined || !isSame(basic.asSent))) {
    throw new OAuthError('invalid_request', 'The client credentials in the header and in the body differ');
  }
  return basic;
}

/** The client's credentials in HTTP Basic, unverified: form-decoded (RFC 6749 §2.3.1), and as they were sent. */
export function basicCredentials(header: string | undefined): ClientCredentials | undefined {
  const encoded = authorizationCredentials(header, 'basic');
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  const [id, secret] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  const decoded = { id: formDecode(id), secret: formDecode(secret) || undefined };
  const isEncoded = decoded.id !== id || decoded.secret !== (secret || undefined);
  return isEncoded ? { ...decoded, asSent: { id, secret: secret || undefined } } : decoded;
}

/** RFC 6749 §2.3.1 encodes both halves like a form. Text that is not encoded is taken as it is. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/**
 * The challenge after failed client authentication (RFC 6749 §5.2). It names Basic only when the client used Basic:
 * browsers would show the user a password prompt.
 */
export const clientChallenge = ({ usesBasic }: { usesBasic: boolean }, realm: string): string =>
  `${usesBasic ? 'Basic' : 'Bearer'} realm="${realm}"`;

/** The parameters that have a value: RFC 6749 §3.2 treats one without a value as omitted. */
export const withoutEmpty = <T extends object>(parameters: T): T =>
  Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== '')) as T;
