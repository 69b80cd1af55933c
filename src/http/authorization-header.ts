/**
 * The credentials of an Authorization header that has this scheme (RFC 9110 §11.6.2), unverified.
 *
 * @param scheme in lower case; the header may have it in any case
 */
export function authorizationCredentials(header: string | undefined, scheme: string): string | undefined {
  const [, sent, credentials] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  return sent?.toLowerCase() === scheme ? credentials : undefined;
}
