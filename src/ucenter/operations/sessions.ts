import { onward } from '../../oauth/pages/onward.ts';
import { browserOf } from '../../oauth/sign-in/sessions.ts';
import { redirectToSignIn, showSignIn as show, signOut, submitSignIn } from '../../oauth/sign-in/sign-in.ts';
import { confirmAccountChange, findAccountLink, undoAccountChange } from '../model/account-undo.ts';
import { profile } from '../profile.ts';
import { accountChangePage, accountChangeResult } from '../wire/account-change-page.ts';
import type { Operation } from '../wire/operation.ts';
import { toAccountPage } from '../wire/pages.ts';

export const showSignIn: Operation<'showSignIn'> = ({ query, actor, request }) =>
  onward(request, show(profile, request, browserOf(actor), query));

export const createSession: Operation<'createSession'> = async ({ body, actor, request }, context) => {
  const answer = await submitSignIn(profile, request, browserOf(actor), body, context);
  if (answer.status === 200) throw new Error('Accounts of this API have no second step');
  return onward(request, answer);
};

export const deleteSession: Operation<'deleteSession'> = ({ body, actor, request }, context) =>
  signOut(profile, request, browserOf(actor), body, context);

export const showAccount: Operation<'showAccount'> = ({ actor, request }) => {
  const browser = browserOf(actor);
  if (browser.account === undefined) return redirectToSignIn(profile, request, profile.paths.home);
  return toAccountPage(request, browser);
};

export const showAccountChange: Operation<'showAccountChange'> = async ({ query, request }, { clock, database }) => {
  const found = await findAccountLink(database, query.link, clock.now());
  return found === undefined
    ? accountChangeResult(404, request, 'gone')
    : accountChangePage(request, query.link, found);
};

export const decideAccountChange: Operation<'decideAccountChange'> = async ({ body, request }, context) => {
  const { link, decision } = body;
  const isDone = await (decision === 'undo' ? undoAccountChange(link, context) : confirmAccountChange(link, context));
  if (!isDone) return accountChangeResult(404, request, 'gone');
  return accountChangeResult(200, request, decision === 'undo' ? 'undone' : 'confirmed');
};
