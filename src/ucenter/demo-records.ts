import { extname } from 'node:path';
import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { demoTime } from '../demo-time.ts';
import { contentOf } from '../files/store.ts';
import { emails, files, logs, type Moment, smsMessages, type UserName, users } from './demo-content.ts';

/** The key of a file, which is the same in every sandbox. */
const keyOf = (place: number) => `d${String(place + 1).padStart(31, '0')}`;

/** Stores the bytes of the files. */
export const storeDemoFiles = ({ files: store }: Pick<Context, 'files'>) =>
  Promise.all(files.map(({ bytes }, place) => store.restore(keyOf(place), contentOf(bytes))));

/** Inserts the records of an application: text messages, e-mails, files and logs. */
export async function insertDemoRecords(trx: Transaction, client_id: string, now: number): Promise<void> {
  const toRecord = ({ by, at }: { by?: UserName; at: Moment }) => ({
    client_id,
    user_id: by === undefined ? null : users[by].id,
    created_at: demoTime(now, ...at),
  });
  await trx
    .insertInto('ucenter_sms_messages')
    .values(
      smsMessages.map(({ phone, ...record }, place) => ({
        ...toRecord(record),
        phone,
        content: '您好，您的验证码是：******',
        message_id: `demo-sms-${place + 1}`,
      })),
    )
    .execute();
  await trx
    .insertInto('ucenter_emails')
    .values(
      emails.map(({ email, subject, content, ...record }, place) => ({
        ...toRecord(record),
        email,
        subject,
        content,
        message_id: `demo-email-${place + 1}`,
      })),
    )
    .execute();
  await trx
    .insertInto('ucenter_logs')
    .values(
      logs.map(({ type, title, data, sql, ip, ...record }) => ({ ...toRecord(record), type, title, data, sql, ip })),
    )
    .execute();
  await trx
    .insertInto('ucenter_files')
    .values(
      files.map(({ name, type, bytes, ...record }, place) => ({
        ...toRecord(record),
        key: keyOf(place),
        file_name: name,
        extension: extname(name).slice(1),
        mime_type: type,
        size: bytes.length,
      })),
    )
    .execute();
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  await trx.insertInto('ucenter_storage').values({ client_id, bytes }).execute();
}
