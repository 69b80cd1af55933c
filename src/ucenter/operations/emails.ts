import { readAsAdmin } from '../model/access.ts';
import { queueEmail } from '../model/emails.ts';
import { listRecords, listSentTimes } from '../model/records.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { toPage, toRecord, toSentAt } from '../wire/views.ts';

export const sendEmail: Operation<'sendEmail'> = async ({ body, actor }, context) => {
  await queueEmail(body, actor, context);
  return toSuccess('邮件发送中', {});
};

export const listEmails: Operation<'listEmails'> = async ({ query, actor }, context) => {
  const page = await readAsAdmin(actor, context, (database) =>
    listRecords('ucenter_emails', actor.clientId, query, database),
  );
  const sentTimes = await listSentTimes(page.rows, context.database);
  return toSuccess('获取邮件成功', {
    ...toPage(page),
    emails: page.rows.map((row) => ({
      ...toRecord(row),
      email: row.email,
      subject: row.subject,
      content: row.content,
      sent_at: toSentAt(sentTimes.get(row.message_id)),
    })),
  });
};
