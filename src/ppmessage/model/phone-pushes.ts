import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import type { NewMessage as OutgoingMessage } from '../../messages/queue.ts';
import type { PpmessageMessagesTable, UserRow } from '../database/tables.ts';
import { whereOnline } from './devices.ts';
import { inChunks } from './pages.ts';
import { toPushText } from './push-text.ts';

/**
 * Pushes to the phones of recipients, beside the socket (P-101, P-102). They are queued in the transaction of the message:
 * a conversation has few members.
 */

type PushContext = Pick<Context, 'clock' | 'messages'>;

type NewMessage = Omit<PpmessageMessagesTable, 'seq' | 'created_at'>;

/** The columns of the tokens, by the name of the push service. */
const columns = {
  apns: 'device_ios_token',
  jp: 'device_android_jpush_registrationid',
  gcm: 'device_android_gcmtoken',
} as const;
type Service = keyof typeof columns;

/** A simulator of Apple's phones has this token, to which nothing can be pushed. */
const FAKE_TOKEN = 'YOU-GOT-A-FAKE-IOS-TOKEN-IN-EMULATOR';

/** Android shows one notification of the app, the latest. */
const COLLAPSE_ID = 'ppmessage';

/**
 * Queues the pushes of a message.
 *
 * @param title the name of the app, for a message without a sender
 * @param members uuids of users, the sender among them
 */
export async function queuePushes(
  trx: Transaction,
  message: NewMessage,
  { title, members }: { title: string; members: readonly string[] },
  { clock, messages }: PushContext,
): Promise<void> {
  const services = (Object.keys(columns) as Service[]).filter((service) => messages.reaches('push', service));
  if (services.length === 0) return;
  const recipients = members.filter((uuid) => uuid !== message.from_uuid);
  const phones = await inChunks(recipients, (uuids) => findPhones(trx, message.app_uuid, uuids, clock.now()));
  const pushes = phones.flatMap((phone) => {
    const service = services.find((one) => tokenOf(phone, one) !== undefined);
    return service === undefined ? [] : [{ phone, service, to: tokenOf(phone, service) as string }];
  });
  if (pushes.length === 0) return;
  const sender = await findSender(trx, message);
  await messages.enqueueAll(
    trx,
    pushes.map(
      ({ phone, service, to }): OutgoingMessage => ({
        api: 'ppmessage',
        channel: 'push',
        to,
        subject: sender?.user_fullname ?? title,
        body: toPushText(message, phone.user_language),
        push: {
          service,
          badge: phone.user_show_badge === 1 ? (phone.unacked ?? 0) : 0,
          sound: phone.user_silence_notification === 1 ? null : 'beep.wav',
          collapse_id: service === 'apns' ? undefined : COLLAPSE_ID,
          data: { app_uuid: message.app_uuid, conversation_uuid: message.conversation_uuid, uuid: message.uuid },
        },
      }),
    ),
  );
}

type Phone = Awaited<ReturnType<typeof findPhones>>[number];

function tokenOf(phone: Phone, service: Service): string | undefined {
  const token = phone[columns[service]];
  return token === null || token === '' || token === FAKE_TOKEN ? undefined : token;
}

/**
 * The phones to push to: an agent's while it is logged in, and a customer's while it is not connected. The number of the
 * user's messages that are not acknowledged is counted with the new one.
 */
const findPhones = (trx: Transaction, appUuid: string, users: readonly string[], now: number) =>
  trx
    .selectFrom('ppmessage_users as user')
    .innerJoin('ppmessage_devices as device', (join) =>
      join
        .onRef('device.app_uuid', '=', 'user.app_uuid')
        .onRef('device.user_uuid', '=', 'user.uuid')
        .on(({ or, eb, ref }) =>
          or([
            eb('device.uuid', '=', ref('user.mobile_device_uuid')),
            eb('device.uuid', '=', ref('user.ppcom_mobile_device_uuid')),
          ]),
        ),
    )
    .select([
      'user.user_language',
      'user.user_show_badge',
      'user.user_silence_notification',
      'device.device_ios_token',
      'device.device_android_jpush_registrationid',
      'device.device_android_gcmtoken',
    ])
    .select(({ selectFrom }) =>
      selectFrom('ppmessage_pushes as push')
        .select(({ fn }) => fn.countAll<number>().as('unacked'))
        .whereRef('push.app_uuid', '=', 'user.app_uuid')
        .whereRef('push.user_uuid', '=', 'user.uuid')
        .where('push.acked_at', 'is', null)
        .as('unacked'),
    )
    .where('user.app_uuid', '=', appUuid)
    .where('user.uuid', 'in', users)
    .where('user.user_mute_notification', '=', 0)
    .where(({ eb, and, not, or }) => {
      const isOnline = whereOnline('device.online_until', now);
      return or([
        and([eb('user.is_service_user', '=', 1), isOnline]),
        and([eb('user.is_service_user', '=', 0), not(isOnline)]),
      ]);
    })
    .execute();

const findSender = (
  trx: Transaction,
  { app_uuid, from_uuid }: NewMessage,
): Promise<Pick<UserRow, 'user_fullname'> | undefined> =>
  trx
    .selectFrom('ppmessage_users')
    .select('user_fullname')
    .where('app_uuid', '=', app_uuid)
    .where('uuid', '=', from_uuid)
    .executeTakeFirst();

/**
 * Clears a token that its service no longer knows, in all apps.
 *
 * @param since in milliseconds: a device that was changed later has registered it again
 */
export async function forgetPushToken(
  database: Database,
  { service, token }: { service: string; token: string },
  since: number,
): Promise<void> {
  const { [service as Service]: column } = columns;
  if (column === undefined) return;
  await database
    .updateTable('ppmessage_devices')
    .set({ [column]: null })
    .where(column, '=', token)
    .where('updated_at', '<=', since)
    .execute();
}
