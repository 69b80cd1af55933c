/** The out-of-band redirection URI: a page shows the code, and the user copies it into the application. */
export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** Redirection URIs of demo applications: programs on the developer's machine, at any port. */
export const LOCAL_REDIRECT_URIS: readonly string[] = ['http://127.0.0.1', 'http://localhost'].flatMap((origin) => [
  `${origin}/callback`,
  `${origin}/`,
]);

/** A program on the user's machine: its origin without the port, the port, and the rest. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(:\d+)?((?:[/?].*)?)$/;

/**
 * Why a redirection URI cannot be registered (RFC 6749 §3.1.2); `undefined` when it can. Accepted are https, http on the
 * user's machine (RFC 8252 §8.3), and an application's own scheme, which has a dot (RFC 8252 §7.1).
 */
export function redirectUriProblem(uri: string): 'not_absolute' | 'has_fragment' | 'unsafe_scheme' | undefined {
  if (uri === OUT_OF_BAND) return undefined;
  if (!URL.canParse(uri) || /[\s\p{Cc}\\]/u.test(uri)) return 'not_absolute';
  if (uri.includes('#')) return 'has_fragment';
  const isSafe = /^(https:\/\/|[a-z][a-z\d+-]*(\.[a-z\d+-]+)+:)/i.test(uri) || LOOPBACK.test(uri);
  return isSafe ? undefined : 'unsafe_scheme';
}

/**
 * Whether a request names a registered address: character by character, except that one on the user's machine that was
 * registered without a port has any port (RFC 8252 §7.3): a program takes a port that is free.
 */
export function isRegistered(redirectUris: readonly string[], uri: string): boolean {
  if (redirectUris.includes(uri)) return true;
  const [, origin, port, rest] = LOOPBACK.exec(uri) ?? [];
  return port !== undefined && URL.canParse(uri) && redirectUris.includes(`${origin}${rest}`);
}
