import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';
import { UcenterError } from './errors.ts';
import { recordColumns } from './records.ts';

export interface NewEmail {
  email: string;
  subject: string;
  /** HTML, sent as it is. */
  content: string;
}

/**
 * Queues and records an e-mail (U-36).
 *
 * @throws UcenterError undeliverable, tooMany
 */
export async function queueEmail(
  { email, subject, content }: NewEmail,
  actor: TokenActor,
  context: Context,
): Promise<void> {
  const { clock, database, messages } = context;
  if (!messages.reaches('email')) throw new UcenterError('undeliverable');
  await consumeHourlyLimit(actor.clientId, context);
  await transact(database, async (trx) => {
    const message_id = await messages.enqueue(trx, {
      api: 'ucenter',
      channel: 'email',
      to: email,
      subject,
      format: 'html',
      body: content,
    });
    await trx
      .insertInto('ucenter_emails')
      .values({ ...recordColumns(actor, clock.now()), email, subject, content, message_id })
      .execute();
  });
}

async function consumeHourlyLimit(clientId: string, { limits, config }: Context): Promise<void> {
  const points = limitOf(config, 'EMAIL_HOURLY_LIMIT');
  if (points === 0) return;
  await limits
    .consume({ name: 'ucenter-emails', points, seconds: 3600, block: 0 }, clientId)
    .catch((error: unknown) => {
      const isOver = error instanceof HttpError && error.kind === 'too_many_requests';
      throw isOver ? new UcenterError('tooMany') : error;
    });
}
