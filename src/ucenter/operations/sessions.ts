import { html } from '../../html.ts';
import { page, whoAmI } from '../../oauth/pages.ts';
import type { Browser } from '../../oauth/sessions.ts';
import { showSignIn as show, signOut, submitSignIn, toSignIn } from '../../oauth/sign-in.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

export const showSignIn: Operation<'showSignIn'> = ({ query, actor, request }) =>
  show(profile, request, browserOf(actor), query.return_to);

export const createSession: Operation<'createSession'> = async ({ body, actor, request }, context) => {
  const answer = await submitSignIn(profile, request, browserOf(actor), body, context);
  if (answer.status === 200) throw new Error('Nobody here has a second step');
  return answer;
};

export const deleteSession: Operation<'deleteSession'> = ({ body, actor, request }, context) =>
  signOut(profile, request, browserOf(actor), body, context);

/** Where people are who did not come from an application: who is signed in, and the way out. */
export const showAccount: Operation<'showAccount'> = ({ actor, request }) => {
  const browser = browserOf(actor);
  if (browser.account === undefined) return redirectToSignIn(profile, request, profile.paths.home);
  return page(200, request, browser, (say) => {
    const title = say({ 'zh-CN': '账号', en: 'Account' });
    return {
      title: `${title} · ${say(profile.title)}`,
      body: html`<div class="card"><h1>${title}</h1>
${signedInAs(profile, request, browser, say)}
</div>`,
    };
  });
};

/** The pages' security handler finds a browser for every request, also for one that is not signed in. */
export function browserOf(actor: Browser | undefined): Browser {
  if (actor === undefined) throw new Error('The session handler of the pages did not run');
  return actor;
}
