import { recordsOf, sentAtOf, toRecord } from '../model/records.ts';
import { guessCode, keepProof, sendCode } from '../model/sms-codes.ts';
import { Failure } from '../wire/errors.ts';
import { accept, type Operation } from '../wire/operation.ts';

export const sendSmsCode: Operation<'sendSmsCode'> = async ({ body, actor }, context) => {
  await sendCode(body.phone, actor, context);
  return accept('发送成功', {});
};

/** Checks a code without using it up; the phone then counts as proved for ten minutes. Facts, section 5.6. */
export const verifySmsCode: Operation<'verifySmsCode'> = async ({ body: { phone, code }, actor }, { database }) => {
  if (!(await guessCode(database, phone, code))) throw new Failure('验证失败，验证码不匹配');
  await keepProof(database, phone, actor);
  return accept('验证成功', {});
};

export const listSmsMessages: Operation<'listSmsMessages'> = async (input, context) => {
  const { page, rows } = await recordsOf('ucenter_sms_messages', input, context);
  const sentAt = await sentAtOf(rows, context);
  return accept('获取短信成功', {
    ...page,
    messages: rows.map((row) => ({
      ...toRecord(row),
      phone: row.phone,
      content: row.content,
      sent_at: sentAt(row),
    })),
  });
};
