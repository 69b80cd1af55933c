import { requireCredential } from '../commands.ts';
import { OUT_OF_BAND, refuseRedirectUri } from './clients.ts';

/** What the command lines of several APIs ask of an application. */

/** For applications that the original service had: they keep what is built into them. */
export const shippedClient = {
  'client-id': { description: 'client_id, for an application that has one already (a new random one)' },
  'client-secret': { description: 'client_secret, for an application that has one already (a new random one)' },
} as const;

/** Refuses what can be no id or secret of an application. */
export function requireClient(given: { readonly [name in keyof typeof shippedClient]: string | undefined }): void {
  requireCredential('client-id', given['client-id'], 128);
  requireCredential('client-secret', given['client-secret'], 256);
}

/** Refuses what cannot be registered; the out-of-band address where the API has no page that shows a code. */
export function requireRedirectUris(uris: readonly string[], { outOfBand }: { outOfBand: boolean }): void {
  for (const uri of uris) {
    const refusal = uri === OUT_OF_BAND && !outOfBand ? 'not_absolute' : refuseRedirectUri(uri);
    if (refusal !== undefined) throw new Error(`--redirect-uri ${uri}: ${refusal.replaceAll('_', ' ')}`);
  }
}
