import { randomUUID } from 'node:crypto';
import { togetherIn } from '../../database/together.ts';
import { PpmessageError } from '../model/errors.ts';
import { requireScriptGroup, scriptsOf } from '../model/scripts.ts';
import type { ApiOperation } from '../wire/operation.ts';
import { toScript, toScriptGroup } from '../wire/views.ts';

export const addPredefinedScript: ApiOperation<'addPredefinedScript'> = async ({ body, actor }, context) => {
  const { group_uuid: group, script_question: question = null, script_answer: answer } = body;
  if (group !== undefined) await requireScriptGroup(group, actor, context);
  const now = context.clock.now();
  const script = await context.database
    .insertInto('ppmessage_scripts')
    .values({
      uuid: randomUUID(),
      app_uuid: actor.appUuid,
      group_uuid: group ?? null,
      script_question: question,
      script_answer: answer,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toScript(script);
};

export const removePredefinedScript: ApiOperation<'removePredefinedScript'> = async ({ body, actor }, { database }) => {
  const { numDeletedRows } = await database
    .deleteFrom('ppmessage_scripts')
    .where('uuid', '=', body.script_uuid)
    .where('app_uuid', '=', actor.appUuid)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw new PpmessageError('noSuchObject');
};

export const movePredefinedScript: ApiOperation<'movePredefinedScript'> = async ({ body, actor }, context) => {
  const { group_uuid: group } = body;
  if (group !== undefined) await requireScriptGroup(group, actor, context);
  const { numUpdatedRows } = await context.database
    .updateTable('ppmessage_scripts')
    .set({ group_uuid: group ?? null, updated_at: context.clock.now() })
    .where('uuid', '=', body.script_uuid)
    .where('app_uuid', '=', actor.appUuid)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new PpmessageError('noSuchObject');
};

export const listPredefinedScripts: ApiOperation<'listPredefinedScripts'> = async ({ actor }, context) => {
  const scripts = await scriptsOf(actor, context).execute();
  return { list: scripts.map(toScript) };
};

export const listGroupPredefinedScripts: ApiOperation<'listGroupPredefinedScripts'> = async (
  { body, actor },
  context,
) => {
  const [, scripts] = await togetherIn(context, (view) => [
    requireScriptGroup(body.group_uuid, actor, view),
    scriptsOf(actor, view).where('group_uuid', '=', body.group_uuid).execute(),
  ]);
  return { list: scripts.map(toScript) };
};

export const addPredefinedScriptGroup: ApiOperation<'addPredefinedScriptGroup'> = async (
  { body, actor },
  { clock, database },
) => {
  const now = clock.now();
  const group = await database
    .insertInto('ppmessage_script_groups')
    .values({
      uuid: randomUUID(),
      app_uuid: actor.appUuid,
      group_name: body.group_name,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toScriptGroup(group);
};

export const removePredefinedScriptGroup: ApiOperation<'removePredefinedScriptGroup'> = async (
  { body, actor },
  context,
) => {
  await requireScriptGroup(body.group_uuid, actor, context);
  await context.database.deleteFrom('ppmessage_script_groups').where('uuid', '=', body.group_uuid).execute();
};

export const listPredefinedScriptGroups: ApiOperation<'listPredefinedScriptGroups'> = async (
  { actor },
  { database },
) => {
  const groups = await database
    .selectFrom('ppmessage_script_groups')
    .selectAll()
    .where('app_uuid', '=', actor.appUuid)
    .orderBy('created_at')
    .orderBy('uuid')
    .execute();
  return { list: groups.map(toScriptGroup) };
};
