import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import {
  type Client,
  countClients,
  findClient,
  type NewClient,
  prepareClient,
  toClient,
} from '../../oauth/clients/clients.ts';
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

/**
 * Creates an application of a team.
 *
 * @returns undefined when its creator has created as many as one user may (T-3)
 */
export async function createApplication(
  application: NewClient & { creatorId: string },
  context: Context,
): Promise<{ client: Client; secret: string | undefined } | undefined> {
  const { row, secret } = await prepareClient(context, profile, application);
  return transact(context.database, async (trx) => {
    await lockInTransaction(trx, `tower_applications:${application.creatorId}`);
    const limit = limitOf(context.config, 'TOWER_APPLICATION_LIMIT');
    if ((await countClients(trx, profile, application.creatorId)) >= limit) return undefined;
    await trx.insertInto('oauth_clients').values(row).execute();
    return { client: toClient(row), secret };
  });
}

/** What is wrong with a new application. */
export type ApplicationProblem =
  | { name: 'nameMissing' | 'redirectUriMissing' | 'tooMany' }
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
