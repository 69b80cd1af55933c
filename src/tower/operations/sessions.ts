import type { Browser } from '../../oauth/sessions.ts';
import { showSignIn as show, signOut, submitSignIn } from '../../oauth/sign-in.ts';
import type { Operation } from '../wire/operation.ts';
import { profile } from '../profile.ts';

export const showSignIn: Operation<'showSignIn'> = ({ query, actor, request }) =>
  show(profile, request, browserOf(actor), query.return_to);

export const createSession: Operation<'createSession'> = ({ body, actor, request }, context) =>
  submitSignIn(profile, request, browserOf(actor), body, context);

export const deleteSession: Operation<'deleteSession'> = ({ body, actor, request }, context) =>
  signOut(profile, request, browserOf(actor), body, context);

/** The pages' security handler finds a browser for every request, also for one that is not signed in. */
export function browserOf(actor: Browser | undefined): Browser {
  if (actor === undefined) throw new Error('The session handler of the pages did not run');
  return actor;
}
