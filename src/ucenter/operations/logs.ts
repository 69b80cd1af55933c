import { readAsAdmin } from '../model/access.ts';
import { insertLog } from '../model/logs.ts';
import { listRecords, recordColumns } from '../model/records.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';
import { toPage, toRecord } from '../wire/views.ts';

export const createLog: Operation<'createLog'> = async ({ body, actor, request }, { clock, database }) => {
  const { type, title, data, sql = '' } = body;
  await insertLog(database, { ...recordColumns(actor, clock.now()), type, title, data, sql, ip: request.address });
  return toSuccess('记录成功', {});
};

export const listLogs: Operation<'listLogs'> = async ({ query, actor }, context) => {
  const page = await readAsAdmin(actor, context, (database) =>
    listRecords('ucenter_logs', actor.clientId, query, database),
  );
  return toSuccess('获取日志成功', {
    ...toPage(page),
    logs: page.rows.map((row) => ({
      ...toRecord(row),
      type: row.type,
      title: row.title,
      data: row.data,
      sql: row.sql,
      ip: row.ip,
    })),
  });
};
