import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { causedBy, recordsOf, sentAtOf, toRecord } from '../model/records.ts';
import { Failure } from '../wire/errors.ts';
import { accept, type Operation } from '../wire/operation.ts';

/** Queues a mail; the answer does not wait for its delivery. Facts, section 5.7. */
export const sendEmail: Operation<'sendEmail'> = async ({ body: { email, subject, content }, actor }, context) => {
  if (!context.messages.reaches('email')) throw new Failure('发送失败');
  await countMail(actor.clientId, context);
  await transact(context.database, async (trx) => {
    const messageId = await context.messages.enqueue(trx, {
      api: 'ucenter',
      channel: 'email',
      to: email,
      subject,
      format: 'html',
      body: content,
    });
    await trx
      .insertInto('ucenter_emails')
      .values({ ...causedBy(actor), email, subject, content, message_id: messageId })
      .execute();
  });
  return accept('邮件发送中', {});
};

async function countMail(clientId: string, { limits, config }: Context): Promise<void> {
  const points = limitOf(config, 'EMAIL_HOURLY_LIMIT');
  if (points === 0) return;
  await limits.consume({ name: 'ucenter-mail', points, seconds: 3600, block: 0 }, clientId).catch((error: unknown) => {
    const refused = error instanceof HttpError && error.kind === 'too_many_requests';
    throw refused ? new Failure('超过每小时发送限制') : error;
  });
}

export const listEmails: Operation<'listEmails'> = async (input, context) => {
  const { page, rows } = await recordsOf('ucenter_emails', input, context);
  const sentAt = await sentAtOf(rows, context);
  return accept('获取邮件成功', {
    ...page,
    emails: rows.map((row) => ({
      ...toRecord(row),
      email: row.email,
      subject: row.subject,
      content: row.content,
      sent_at: sentAt(row),
    })),
  });
};
