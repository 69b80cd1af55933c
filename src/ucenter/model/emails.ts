import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { UcenterError } from './errors.ts';
import { consumeQuota } from './quotas.ts';
import { recordColumns } from './records.ts';

export interface NewEmail {
  email: string;
  subject: string;
  /** Sent as it is: as HTML if the application may, otherwise as text. */
  content: string;
}

/**
 * Queues and records an e-mail (U-36).
 *
 * @throws UcenterError undeliverable, tooMany, tooManyToday
 */
export async function queueEmail(
  { email, subject, content }: NewEmail,
  actor: TokenActor,
  context: Context,
): Promise<void> {
  const { clock, database, messages } = context;
  if (!messages.reaches('email')) throw new UcenterError('undeliverable');
  await consumeQuota('email', actor, context);
  await transact(database, async (trx) => {
    const message_id = await messages.enqueue(trx, {
      api: 'ucenter',
      channel: 'email',
      to: email,
      subject,
      format: (await sendsHtml(trx, actor.clientId)) ? 'html' : 'text',
      body: content,
    });
    await trx
      .insertInto('ucenter_emails')
      .values({ ...recordColumns(actor, clock.now()), email, subject, content, message_id })
      .execute();
  });
}

/** Whether the operator has allowed an application to send HTML. */
const sendsHtml = async (trx: Transaction, clientId: string): Promise<boolean> =>
  (await trx
    .selectFrom('ucenter_html_senders')
    .select('client_id')
    .where('client_id', '=', clientId)
    .executeTakeFirst()) !== undefined;
