import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import { type Client, findClient } from '../../oauth/clients/clients.ts';
import { redirectUriProblem } from '../../oauth/clients/redirect-uris.ts';
import { profile } from '../profile.ts';

/** Applications are the authorization server's clients; their owner is a team. */

/**
 * An application of a team.
 *
 * @throws HttpError not_found, also for another team's application
 */
export async function requireApplication(
  teamId: string,
  clientId: string,
  { database }: Pick<Context, 'database'>,
): Promise<Client> {
  const client = await findClient(database, profile, clientId);
  if (client?.ownerId !== teamId) throw new HttpError('not_found', 'This team has no such application');
  return client;
}

/** What is wrong with a new application. */
export type ApplicationProblem =
  | { name: 'nameMissing' | 'redirectUriMissing' }
  | { name: 'redirectUriInvalid'; redirectUri: string };

/** Checks a new application; names the first bad callback address only (T-5). */
export function checkNewApplication(application: {
  name: string;
  redirectUris: readonly string[];
}): ApplicationProblem[] {
  const { name, redirectUris } = application;
  const problems: ApplicationProblem[] = [];
  if (name === '') problems.push({ name: 'nameMissing' });
  if (redirectUris.length === 0) problems.push({ name: 'redirectUriMissing' });
  const invalid = redirectUris.find((uri) => redirectUriProblem(uri) !== undefined);
  if (invalid !== undefined) problems.push({ name: 'redirectUriInvalid', redirectUri: invalid });
  return problems;
}
