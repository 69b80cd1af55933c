import { requireCredential } from '../../commands.ts';
import { OUT_OF_BAND, redirectUriProblem } from './redirect-uris.ts';

/** Options of the command that registers a client, for one that is shipped with its id and secret built in. */
export const existingClientOptions = {
  'client-id': { description: 'client_id, for an application that has one already (a new random one)' },
  'client-secret': { description: 'client_secret, for an application that has one already (a new random one)' },
} as const;

/** The option that switches the password grant of an application. */
export const passwordGrantOption = {
  'password-grant': { description: '0: without the password grant, 1: with it (1; never for a public application)' },
} as const;

/** @throws Error for a value other than 0 and 1 */
export function readPasswordGrant(value: string | undefined): boolean {
  if (value !== undefined && value !== '0' && value !== '1') throw new Error('--password-grant must be 0 or 1');
  return value !== '0';
}

/** @throws Error when an option is no valid client id or secret */
export function requireClientOptions(
  options: {
    readonly [name in keyof typeof existingClientOptions]: string | undefined;
  },
): void {
  requireCredential('client-id', options['client-id'], 128);
  requireCredential('client-secret', options['client-secret'], 256);
}

/**
 * @param outOfBand whether the API has a page that shows a code
 * @throws Error when an address cannot be registered
 */
export function requireRedirectUris(uris: readonly string[], { outOfBand }: { outOfBand: boolean }): void {
  for (const uri of uris) {
    const problem = uri === OUT_OF_BAND && !outOfBand ? 'not_absolute' : redirectUriProblem(uri);
    if (problem !== undefined) throw new Error(`--redirect-uri ${uri}: ${problem.replaceAll('_', ' ')}`);
  }
}
