import { requireMember } from '../model/members.ts';
import { listNotifications as readNotifications } from '../model/notifications.ts';
import { toDocument } from '../wire/document.ts';
import { toNotification, toProgress } from '../wire/notifications.ts';
import type { Operation } from '../wire/operation.ts';
import { SHORT_PAGE, toPage, toPageLinks } from '../wire/pages.ts';

export const listNotifications: Operation<'listNotifications'> = async ({ params, query, actor, request }, context) => {
  const { id } = await requireMember(params.team_id, actor.userId, context);
  const page = toPage(query, SHORT_PAGE);
  const notifications = await readNotifications(context.database, id, page, query.page?.until);
  // Page 1 begins at the newest notification, and the other pages must not begin at a newer one.
  const [newest] = page.number === 1 ? notifications.rows : [];
  const document = toDocument(notifications.rows.map(toNotification), notifications.rows.map(toProgress));
  const links = toPageLinks(request, page, notifications, newest && { 'page[until]': newest.id });
  return { status: 200, body: { ...document, links } };
};
