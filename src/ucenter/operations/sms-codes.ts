import { readAsAdmin } from '../model/access.ts';
import { listRecords, listSentTimes } from '../model/records.ts';
import { sendCode, verifyCode } from '../model/sms-codes.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { toPage, toRecord, toSentAt } from '../wire/views.ts';

export const sendSmsCode: Operation<'sendSmsCode'> = async ({ body, actor }, context) => {
  await sendCode(body, actor, context);
  return toSuccess('发送成功', {});
};

export const verifySmsCode: Operation<'verifySmsCode'> = async ({ body, actor }, context) => {
  await verifyCode(body.phone, body.code, actor, context);
  return toSuccess('验证成功', {});
};

export const listSmsMessages: Operation<'listSmsMessages'> = async ({ query, actor }, context) => {
  const page = await readAsAdmin(actor, context, (database) =>
    listRecords('ucenter_sms_messages', actor.clientId, query, database),
  );
  const sentTimes = await listSentTimes(page.rows, context.database);
  return toSuccess('获取短信成功', {
    ...toPage(page),
    messages: page.rows.map((row) => ({
      ...toRecord(row),
      phone: row.phone,
      content: row.content,
      sent_at: toSentAt(sentTimes.get(row.message_id)),
    })),
  });
};
