import { requireCredential } from '../../commands.ts';
import { OUT_OF_BAND, redirectUriProblem } from './redirect-uris.ts';

/** Options of the command that registers a client, for one that is shipped with its id and secret built in. */
export const existingClientOptions = {
  'client-id': { description: 'client_id, for an application that has one already (a new random one)' },
  'client-secret': { description: 'client_secret, for an application that has one already (a new random one)' },
} as const;

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
