import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import type { RequestInfo } from '../../http/request.ts';
import { listDeliveries, sendAgain } from '../../messages/webhooks.ts';
import type { Client } from '../../oauth/clients/clients.ts';
import { type Redirect, redirect } from '../../oauth/redirect.ts';
import { requireCsrfToken } from '../../oauth/sign-in/csrf.ts';
import { type Browser, browserOf } from '../../oauth/sign-in/sessions.ts';
import { redirectToSignIn } from '../../oauth/sign-in/sign-in.ts';
import { requireApplication } from '../model/applications.ts';
import { type Member, requireAdmin } from '../model/members.ts';
import * as webhooks from '../model/webhooks.ts';
import { profile } from '../profile.ts';
import type { Operation } from '../wire/operation.ts';
import { deliveriesPage, deliveriesPath, webhookSecretPage, webhooksPage, webhooksPath } from '../wire/webhooks.ts';

/** The webhooks of an application in the app centre: for owners and admins (T-63 to T-66). */

export const listWebhooks: Operation<'listWebhooks'> = async ({ params, actor, request }, context) => {
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  return webhooksPage(200, request, admin, await webhooks.listWebhooks(context.database, admin.client.id));
};

export const createWebhook: Operation<'createWebhook'> = async ({ params, body, actor, request }, context) => {
  requireCsrfToken(browserOf(actor), body.csrf_token);
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  const { client, member } = admin;
  const form = {
    url: body.url.trim(),
    wantsEvents: body.events === '1',
    wantsNotifications: body.notifications === '1',
  };
  const reject = async (problems: readonly webhooks.WebhookProblem[]) => {
    const registered = await webhooks.listWebhooks(context.database, client.id);
    return webhooksPage(400, request, admin, registered, { form, problems });
  };
  const problems = webhooks.checkNewWebhook(form, context);
  if (problems.length > 0) return reject(problems);
  const created = await webhooks.createWebhook(form, { clientId: client.id, member }, context);
  if (created === undefined) return reject(['tooMany']);
  return webhookSecretPage(request, admin, created.webhook, created.secret);
};

export const rotateWebhookSecret: Operation<'rotateWebhookSecret'> = async (
  { params, body, actor, request },
  context,
) => {
  requireCsrfToken(browserOf(actor), body.csrf_token);
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  const webhook = await webhooks.requireWebhook(context.database, admin.client.id, params.webhook_id);
  return webhookSecretPage(request, admin, webhook, await webhooks.rotateWebhookSecret(webhook.id, context));
};

export const enableWebhook: Operation<'enableWebhook'> = async ({ params, body, actor, request }, context) => {
  requireCsrfToken(browserOf(actor), body.csrf_token);
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  const webhook = await webhooks.requireWebhook(context.database, admin.client.id, params.webhook_id);
  await webhooks.enableWebhook(webhook.id, context);
  return redirect(request, webhooksPath(params));
};

export const deleteWebhook: Operation<'deleteWebhook'> = async ({ params, body, actor, request }, context) => {
  requireCsrfToken(browserOf(actor), body.csrf_token);
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  const webhook = await webhooks.requireWebhook(context.database, admin.client.id, params.webhook_id);
  await webhooks.deleteWebhook(context.database, webhook.id);
  return redirect(request, webhooksPath(params));
};

/** How many deliveries the page shows. */
const SHOWN_DELIVERIES = 50;

export const listWebhookDeliveries: Operation<'listWebhookDeliveries'> = async (
  { params, actor, request },
  context,
) => {
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  const [webhook, deliveries] = await together(context.database, (database) => [
    webhooks.requireWebhook(database, admin.client.id, params.webhook_id),
    listDeliveries(database, params.webhook_id, SHOWN_DELIVERIES),
  ]);
  return deliveriesPage(request, admin, webhook, deliveries);
};

export const resendWebhookDelivery: Operation<'resendWebhookDelivery'> = async (
  { params, body, actor, request },
  context,
) => {
  requireCsrfToken(browserOf(actor), body.csrf_token);
  const admin = await enter({ params, actor, request }, context);
  if ('status' in admin) return admin;
  const webhook = await webhooks.requireWebhook(context.database, admin.client.id, params.webhook_id);
  const delivery = { webhookId: webhook.id, deliveryId: params.delivery_id, now: context.clock.now() };
  if (!(await sendAgain(context.database, delivery)))
    throw new HttpError('not_found', 'This webhook has no such delivery');
  return redirect(request, deliveriesPath(params));
};

/** An owner or admin in the browser, with an application of the team. */
interface Admin {
  browser: Browser;
  member: Member;
  client: Client;
}

/**
 * Returns a redirect to the sign-in page when the browser is not signed in.
 *
 * @throws HttpError not_found, forbidden
 */
async function enter(
  {
    params,
    actor,
    request,
  }: {
    params: { team_id: string; client_id: string };
    actor: Parameters<typeof browserOf>[0];
    request: RequestInfo;
  },
  context: Context,
): Promise<Admin | Redirect> {
  const browser = browserOf(actor);
  if (browser.account === undefined) return redirectToSignIn(profile, request, webhooksPath(params));
  const { id } = browser.account;
  const [member, client] = await together(context.database, (database) => [
    requireAdmin(params.team_id, id, { database }),
    requireApplication(params.team_id, params.client_id, { database }),
  ]);
  return { browser, member, client };
}
