import { operationsOf, requireMatching } from '../model/calls.ts';
import { controlOf } from '../model/control.ts';
import { durationOf } from '../model/durations.ts';
import * as kept from '../model/tokens.ts';
import { noStore } from '../wire/no-store.ts';
import type { Operation } from '../wire/operation.ts';
import { toToken } from '../wire/tokens.ts';

const EXPIRY_RANGE = { least: '0s', most: '36500d' };

/** The tokens that open or renew something, the newest first (S-12). */
export const listTokens: Operation<'listTokens'> = async ({ query }, context) => {
  const { api, limit = 100 } = query;
  if (api) requireMatching({ api }, operationsOf(context.parts.apis), 'query');
  const tokens = await kept.listTokens(context, context.parts.apis, { api, limit });
  return { status: 200, headers: noStore, body: tokens.map((token) => toToken(token, context.clock)) };
};

/** Changes when an access token expires. */
export const updateToken: Operation<'updateToken'> = async ({ params, body, request }, context) => {
  const { parts, clock } = context;
  const expiresAt = Math.round(clock.now() + durationOf('expires_in', body.expires_in, EXPIRY_RANGE));
  const token = await kept.expireToken(context, parts.apis, params.token_id, expiresAt);
  controlOf(request, parts.controls).counts.token += 1;
  return { status: 200, headers: noStore, body: toToken(token, clock) };
};

export const revokeToken: Operation<'revokeToken'> = async ({ params, request }, context) => {
  const { parts } = context;
  await kept.revokeToken(context, parts.apis, params.token_id);
  controlOf(request, parts.controls).counts.token += 1;
  return { status: 204, headers: noStore };
};
