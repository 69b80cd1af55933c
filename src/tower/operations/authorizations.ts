import * as server from '../../oauth/authorization/authorization-endpoint.ts';
import { onward } from '../../oauth/pages/onward.ts';
import { browserOf } from '../../oauth/sign-in/sessions.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

export const showAuthorization: Operation<'showAuthorization'> = async ({ query, actor, request }, context) =>
  onward(request, await server.showAuthorization(profile, request, browserOf(actor), query, context));

export const decideAuthorization: Operation<'decideAuthorization'> = async ({ body, actor, request }, context) =>
  onward(request, await server.decideAuthorization(profile, request, browserOf(actor), body, context));

export const showAuthorizationCode: Operation<'showAuthorizationCode'> = async ({ query, actor, request }, context) =>
  onward(request, await server.showCode(profile, request, browserOf(actor), query, context));
