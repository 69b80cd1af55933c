/** The out-of-band redirection URI: a page shows the code, and the user copies it into the application. */
export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** Why a redirection URI cannot be registered (RFC 6749 §3.1.2); `undefined` when it can. */
export function redirectUriProblem(uri: string): 'not_absolute' | 'has_fragment' | 'unsafe_scheme' | undefined {
  if (uri === OUT_OF_BAND) return undefined;
  if (!URL.canParse(uri) || /[\s\\]/.test(uri)) return 'not_absolute';
  if (uri.includes('#')) return 'has_fragment';
  return /^(javascript|data|vbscript|file|blob|about|urn):/i.test(uri) ? 'unsafe_scheme' : undefined;
}
