import { causedBy, recordsOf, toRecord } from '../model/records.ts';
import { accept, type Operation } from '../wire/operation.ts';

export const createLog: Operation<'createLog'> = async (
  { body: { type, title, data, sql = '' }, actor, request },
  { database },
) => {
  await database
    .insertInto('ucenter_logs')
    .values({ ...causedBy(actor), type, title, data, sql, ip: request.address })
    .execute();
  return accept('记录成功', {});
};

export const listLogs: Operation<'listLogs'> = async (input, context) => {
  const { page, rows } = await recordsOf('ucenter_logs', input, context);
  return accept('获取日志成功', {
    ...page,
    logs: rows.map((row) => ({
      ...toRecord(row),
      type: row.type,
      title: row.title,
      data: row.data,
      sql: row.sql,
      ip: row.ip,
    })),
  });
};
