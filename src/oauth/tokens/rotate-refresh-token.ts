import type { Transaction } from '../../database/open.ts';
import { seal, unseal } from '../../secrets.ts';
import type { OauthTokensTable } from '../database/tables.ts';
import { OAuthError } from '../errors.ts';
import type { IssuedToken } from './issue-token.ts';

/** How long a client that lost the answer to a refresh can repeat the request. */
const REPEAT_MS = 10_000;

/** Marks a refresh token as used. @throws OAuthError invalid_grant when another request was faster */
export async function rotateRefreshToken(trx: Transaction, { id }: OauthTokensTable, now: number): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('oauth_tokens')
    .set({ rotated_at: now, revoked_at: now })
    .where('id', '=', id)
    .where('rotated_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new OAuthError('invalid_grant', 'The refresh token is invalid');
}

/**
 * Keeps the answer to a refresh with the used token. It is sealed with the used refresh token, which is not in the
 * database: only a client that repeats the request can open it.
 */
export async function keepAnswer(
  trx: Transaction,
  { id }: OauthTokensTable,
  refreshToken: string,
  answer: IssuedToken,
): Promise<void> {
  await trx
    .updateTable('oauth_tokens')
    .set({ rotation_answer: seal(sealingKey(refreshToken), JSON.stringify(answer)) })
    .where('id', '=', id)
    .execute();
}

/**
 * The answer to an earlier request with the same refresh token.
 *
 * @returns undefined when there was none, ten seconds have passed, or the new token was used or revoked
 */
export async function repeatAnswer(
  trx: Transaction,
  { rotated_at: rotatedAt, rotation_answer: sealed }: OauthTokensTable,
  refreshToken: string,
  now: number,
): Promise<IssuedToken | undefined> {
  if (rotatedAt === null || sealed === null || now - rotatedAt > REPEAT_MS) return undefined;
  const answer = JSON.parse(unseal(sealingKey(refreshToken), sealed)) as IssuedToken;
  const issued = await trx
    .selectFrom('oauth_tokens')
    .select(['first_used_at', 'revoked_at'])
    .where('id', '=', answer.id)
    .executeTakeFirst();
  return issued?.first_used_at === null && issued.revoked_at === null ? answer : undefined;
}

const sealingKey = (refreshToken: string) => `rotation:${refreshToken}`;
