import type { Context } from '../../context.ts';
import { HttpError } from '../../errors.ts';
import type { Api, KeptToken, TokenKeeper } from '../../http/api.ts';

/** A token with the API that it belongs to. */
export interface ApiToken extends KeptToken {
  api: string;
}

/** The tokens of all APIs, or of one, the newest first. */
export async function listTokens(
  context: Context,
  apis: readonly Api[],
  { api, limit }: { api: string | undefined; limit: number },
): Promise<ApiToken[]> {
  const wanted = apis.filter(({ name }) => api === undefined || name === api);
  const lists = await Promise.all(
    wanted.map(async ({ name, tokens }) =>
      ((await tokens?.list(context, limit)) ?? []).map((token) => ({ ...token, api: name })),
    ),
  );
  return lists
    .flat()
    .sort((one, other) => other.createdAt - one.createdAt)
    .slice(0, limit);
}

/**
 * Sets when a token expires.
 *
 * @param expiresAt in milliseconds
 * @throws HttpError not_found; conflict where the tokens of the API do not expire
 */
export async function expireToken(
  context: Context,
  apis: readonly Api[],
  name: string,
  expiresAt: number,
): Promise<ApiToken> {
  const { api, keeper, id, token } = await requireToken(context, apis, name);
  if (keeper.expire === undefined)
    throw new HttpError('conflict', `A token of ${api} is valid until it is revoked; revoke it with DELETE`);
  await keeper.expire(context, id, expiresAt);
  return { ...token, api, expiresAt };
}

/** @throws HttpError not_found */
export async function revokeToken(context: Context, apis: readonly Api[], name: string): Promise<void> {
  const { keeper, id } = await requireToken(context, apis, name);
  await keeper.revoke(context, id);
}

interface FoundToken {
  api: string;
  keeper: TokenKeeper;
  /** In its API. */
  id: string;
  token: KeptToken;
}

/** @param name `tower-01a5c3f0e9b7d2c4`: the API and the id in it */
async function requireToken(context: Context, apis: readonly Api[], name: string): Promise<FoundToken> {
  const at = name.indexOf('-');
  const [api, id] = [name.slice(0, at), name.slice(at + 1)];
  const keeper = apis.find((one) => one.name === api)?.tokens;
  const token = await keeper?.find(context, id);
  if (keeper === undefined || token === undefined) throw new HttpError('not_found', `There is no token ${name}`);
  return { api, keeper, id, token };
}
