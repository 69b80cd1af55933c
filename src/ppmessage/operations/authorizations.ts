import type { Context } from '../../context.ts';
import { html } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import { grantAuthorization, requireAuthorizationRequest } from '../../oauth/authorization/authorization-endpoint.ts';
import type { AuthorizationParameters, AuthorizationRequest } from '../../oauth/authorization/authorization-request.ts';
import { fromFormFields, toFormFields } from '../../oauth/authorization/form-fields.ts';
import type { ResourceOwner } from '../../oauth/authorization/issue-code.ts';
import { onward } from '../../oauth/pages/onward.ts';
import { formData, hidden, page, pageData } from '../../oauth/pages/page.ts';
import type { Text } from '../../oauth/profile.ts';
import { rememberNetwork } from '../../oauth/sign-in/known-networks.ts';
import type { UserRow } from '../database/tables.ts';
import { isPasswordOf } from '../model/sign-ins.ts';
import { findUserByEmail, normalizeEmail } from '../model/users.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';

/** The page on which an agent signs in and authorizes a program, in one step and without a session (P-4). */

const t = {
  title: { 'zh-CN': '应用授权', en: 'Authorize an application' },
  asks: {
    'zh-CN': '请求以你的身份接待顾客、管理团队',
    en: 'wants to serve customers and manage the team in your name',
  },
  email: { 'zh-CN': '邮箱', en: 'E-mail address' },
  password: { 'zh-CN': '密码', en: 'Password' },
  proceed: { 'zh-CN': '继续', en: 'Continue' },
  goesTo: { 'zh-CN': '完成后将前往', en: 'Afterwards you are sent to' },
  wrong: { 'zh-CN': '邮箱或密码不正确。', en: 'The e-mail address or the password is wrong.' },
} satisfies Record<string, Text>;

export const showAuthorization: Operation<'showAuthorization'> = async ({ query, request }, context) => {
  const parameters = parametersOf(query);
  const asked = await requireAuthorizationRequest(profile, parameters, context);
  return signInPage(200, request, asked, parameters);
};

export const createAuthorization: Operation<'createAuthorization'> = async ({ body, request }, context) => {
  const parameters = fromFormFields(parametersOf(body));
  const asked = await requireAuthorizationRequest(profile, parameters, context);
  const { user_email: email = '', user_password: password = '' } = body;
  const user = await signIn(asked, email, password, request, context);
  const sent = user && (await grantAuthorization(profile, request, asked, toResourceOwner(user), context));
  if (sent !== undefined) return onward(request, sent);
  return signInPage(401, request, asked, parameters, { email, wrong: true });
};

/** `redirect_id` stands for `redirect_uri` (P-1). An empty parameter counts as absent. */
const parametersOf = (given: AuthorizationParameters & { redirect_id?: string | undefined }) => ({
  client_id: given.client_id || undefined,
  redirect_uri: given.redirect_uri || given.redirect_id || undefined,
  response_type: given.response_type || undefined,
  state: given.state,
  code_challenge: given.code_challenge || undefined,
  code_challenge_method: given.code_challenge_method || undefined,
});

/**
 * Finds the agent of the key's app with this password. Customers cannot sign in (P-7).
 *
 * @throws HttpError too_many_requests
 */
async function signIn(
  { client }: AuthorizationRequest,
  email: string,
  password: string,
  { network }: RequestInfo,
  context: Context,
) {
  const found = await findUserByEmail(client.ownerId as string, email, context.database);
  const user = found?.is_service_user === 1 ? found : undefined;
  const guess = { subject: `login ${client.ownerId} ${normalizeEmail(email)}`, password, network };
  if (!(await isPasswordOf(user, guess, context)) || user === undefined) return undefined;
  await rememberNetwork(context.database, profile, user.uuid, network, context.clock.now());
  return user;
}

const toResourceOwner = ({ app_uuid, uuid, password_hash }: UserRow): ResourceOwner => ({
  id: uuid,
  isStillAuthenticated: async (trx) =>
    (await trx
      .selectFrom('ppmessage_users')
      .select('uuid')
      .where('app_uuid', '=', app_uuid)
      .where('uuid', '=', uuid)
      .where('password_hash', '=', password_hash)
      .executeTakeFirst()) !== undefined,
});

const signInPage = <Status extends 200 | 401>(
  status: Status,
  request: RequestInfo,
  { client, redirectUri }: AuthorizationRequest,
  parameters: AuthorizationParameters,
  tried: { email?: string; wrong?: boolean } = {},
) => {
  const fields = { ...toFormFields(parameters) };
  if (request.prefersJson) {
    const form = formData(request, '/ppauth/auth', fields);
    const problem = tried.wrong && ({ problem: 'credentials' } as const);
    return pageData(status, request, undefined, {
      application: client.name,
      redirect_uri: redirectUri,
      ...problem,
      form,
    });
  }
  return page(status, request, undefined, (say) => ({
    title: `${say(t.title)} · PPMessage`,
    body: html`<div class="card">
<h1>${say(t.title)}</h1>
<p><b>${client.name}</b> ${say(t.asks)}</p>
${tried.wrong && html`<p class="bad" role="alert">${say(t.wrong)}</p>`}
<form method="post" action="${request.basePath}/ppauth/auth">
${hidden(fields)}
<label for="user_email">${say(t.email)}</label>
<input id="user_email" name="user_email" type="email" autocomplete="username" value="${tried.email}" required autofocus>
<label for="user_password">${say(t.password)}</label>
<input id="user_password" name="user_password" type="password" autocomplete="current-password" required>
<div class="actions"><button type="submit">${say(t.proceed)}</button></div>
</form>
<p class="soft">${say(t.goesTo)} <code>${redirectUri}</code></p>
</div>`,
  }));
};
