import { onward } from '../../oauth/pages/onward.ts';
import { browserOf } from '../../oauth/sign-in/sessions.ts';
import { showSignIn as show, signOut, submitSignIn } from '../../oauth/sign-in/sign-in.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

export const showSignIn: Operation<'showSignIn'> = ({ query, actor, request }) =>
  onward(request, show(profile, request, browserOf(actor), query));

export const createSession: Operation<'createSession'> = async ({ body, actor, request }, context) =>
  onward(request, await submitSignIn(profile, request, browserOf(actor), body, context));

export const deleteSession: Operation<'deleteSession'> = ({ body, actor, request }, context) =>
  signOut(profile, request, browserOf(actor), body, context);
