import type { Selectable } from 'kysely';
import { limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { randomAlphanumeric, sha256 } from '../../secrets.ts';
import type { UcenterUsersTable } from '../database/tables.ts';
import { UcenterError } from './errors.ts';

/** Changes of the names that sign a user in: their notices, and what a new phone may do (U-48). */

const HOUR_MS = 3_600_000;

/** How long a change can be undone, unless new phones wait longer. */
const UNDO_LIFETIME_MS = 72 * HOUR_MS;

type UserRow = Selectable<UcenterUsersTable>;

/** A change that is about to be written. */
export interface AccountChange {
  /** The user before it. */
  user: UserRow;
  changes: Partial<Pick<UserRow, 'username' | 'email' | 'phone'>>;
  /** The API's own URL, for links. */
  baseUrl: string;
}

/** From when on a phone or address that is new now is trusted: it resets the password and confirms other changes. */
export const trustedFrom = ({ clock, config }: Pick<Context, 'clock' | 'config'>): number =>
  clock.now() + limitOf(config, 'RESET_HOLD_HOURS') * HOUR_MS;

/**
 * Sends the user a link that undoes a change: to the old e-mail address, and to the old phone when that changes or when
 * there is no address.
 *
 * @throws UcenterError tooMany
 */
export async function announceChange(trx: Transaction, change: AccountChange, context: Context): Promise<void> {
  const contacts = contactsOf(change.user).filter(({ channel }) => context.messages.reaches(channel));
  const recipients = contacts.filter(
    ({ channel }, index) => index === 0 || (channel === 'sms' && change.changes.phone),
  );
  await limitNotices(trx, change.user.id, recipients.length, context);
  for (const contact of recipients) {
    const link = randomAlphanumeric(40);
    await insertLink(trx, link, change, contact.trustedAt <= context.clock.now(), context);
    const { subject, body } = toNotice(change, link);
    const { channel, to } = contact;
    await context.messages.enqueue(trx, { api: 'ucenter', channel, to, body, ...(channel === 'email' && { subject }) });
  }
}

interface Contact {
  channel: 'email' | 'sms';
  to: string;
  trustedAt: number;
}

const contactsOf = ({ email, email_trusted_at, phone, phone_trusted_at }: UserRow): Contact[] => [
  ...(email === null ? [] : [{ channel: 'email' as const, to: email, trustedAt: email_trusted_at }]),
  ...(phone === null ? [] : [{ channel: 'sms' as const, to: phone, trustedAt: phone_trusted_at }]),
];

/** Otherwise a token could have message after message sent to its user. */
async function limitNotices(trx: Transaction, userId: number, more: number, { clock, config }: Context): Promise<void> {
  const limit = limitOf(config, 'ACCOUNT_NOTICE_HOURLY_LIMIT');
  if (limit === 0) return;
  const { sent } = await trx
    .selectFrom('ucenter_account_links')
    .select(({ fn }) => fn.countAll<number>().as('sent'))
    .where('user_id', '=', userId)
    .where('created_at', '>', clock.now() - HOUR_MS)
    .executeTakeFirstOrThrow();
  if (Number(sent) + more > limit) throw new UcenterError('tooMany');
}

async function insertLink(
  trx: Transaction,
  link: string,
  { user, changes }: AccountChange,
  mayConfirm: boolean,
  context: Context,
): Promise<void> {
  const now = context.clock.now();
  await trx
    .insertInto('ucenter_account_links')
    .values({
      link_hash: sha256(link),
      user_id: user.id,
      may_confirm: mayConfirm ? 1 : 0,
      old_username: user.username,
      old_email: user.email,
      old_email_key: user.email_key,
      old_email_trusted_at: user.email_trusted_at,
      old_phone: user.phone,
      old_phone_trusted_at: user.phone_trusted_at,
      new_username: changes.username ?? null,
      new_email: changes.email ?? null,
      new_phone: changes.phone ?? null,
      created_at: now,
      expires_at: Math.max(now + UNDO_LIFETIME_MS, trustedFrom(context)),
    })
    .execute();
}

function toNotice({ changes, baseUrl }: AccountChange, link: string): { subject: string; body: string } {
  const what = [changes.username && '用户名', changes.email && '邮箱', changes.phone && '手机号']
    .filter(Boolean)
    .join('、');
  const url = `${baseUrl}/oauth/account/change?link=${link}`;
  return {
    subject: `您的 UCenter 账号更换了${what}`,
    body: `您的 UCenter 账号更换了${what}。如果不是您本人操作，请尽快打开 ${url} 撤销。请不要把这个地址告诉任何人。`,
  };
}
