import { html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import { page, signedInAs } from '../../oauth/pages/page.ts';
import type { Browser } from '../../oauth/sign-in/sessions.ts';
import { profile } from '../profile.ts';

/** The page after a sign-in that no application asked for: the name of the user and a button to sign out. */
export const toAccountPage = (request: RequestInfo, browser: Browser) =>
  page(200, request, browser, (say) => {
    const title = say({ 'zh-CN': '账号', en: 'Account' });
    return {
      title: `${title} · ${say(profile.title)}`,
      body: html`<div class="card"><h1>${title}</h1>
${signedInAs(profile, request, browser, say)}
</div>`,
    };
  });
