import * as server from '../../oauth/authorization/authorization-endpoint.ts';
import { browserOf } from '../../oauth/sign-in/sessions.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

export const showAuthorization: Operation<'showAuthorization'> = ({ query, actor, request }, context) =>
  server.showAuthorization(profile, request, browserOf(actor), query, context);

export const decideAuthorization: Operation<'decideAuthorization'> = ({ body, actor, request }, context) =>
  server.decideAuthorization(profile, request, browserOf(actor), body, context);

export const showAuthorizationCode: Operation<'showAuthorizationCode'> = ({ query, actor, request }, context) =>
  server.showCode(profile, request, browserOf(actor), query, context);
