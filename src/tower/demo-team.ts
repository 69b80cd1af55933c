import type { Transaction } from '../database/open.ts';
import { demoTime } from '../demo-time.ts';
import { fields, labels, people, subgroups } from './demo-content.ts';
import { insertDemoFiles, type StoredDemoFile } from './demo-files.ts';
import { type DemoNotice, DemoPlan, demoId, demoMemberId } from './demo-plan.ts';

/** Fills the demo team with the three weeks before `now`. Its members are there already. */
export async function fillDemoTeam(
  trx: Transaction,
  teamId: string,
  files: readonly StoredDemoFile[],
  now: number,
): Promise<void> {
  await insertSubgroups(trx, teamId, demoTime(now, -20, 1));
  await insertFields(trx, teamId);
  const plan = new DemoPlan(teamId, await insertLabels(trx, teamId), now);
  await trx.insertInto('tower_projects').values(plan.projects).execute();
  await trx.insertInto('tower_project_members').values(plan.projectMembers).execute();
  await trx.insertInto('tower_todolists').values(plan.todolists).execute();
  await trx.insertInto('tower_todos').values(plan.todos).execute();
  await trx.insertInto('tower_topics').values(plan.topics).execute();
  await trx.insertInto('tower_comments').values(plan.comments).execute();
  await trx.insertInto('tower_todo_cc_members').values(plan.cc).execute();
  await trx.insertInto('tower_todo_labels').values(plan.todoLabels).execute();
  await trx.insertInto('tower_custom_field_values').values(plan.fieldValues).execute();
  await trx.insertInto('tower_time_logs').values(plan.timeLogs).execute();
  await trx.insertInto('tower_events').values(plan.events).execute();
  const gone = people.flatMap(({ isRemoved = false }, place) => (isRemoved ? [demoMemberId(place)] : []));
  await trx.updateTable('tower_members').set({ is_active: 0 }).where('id', 'in', gone).execute();
  await insertNotices(trx, teamId, plan.notices);
  const place = { team_id: teamId, project_id: demoId('20', 1), lastWideId: plan.todos.length + plan.topics.length };
  const last_wide_id = await insertDemoFiles(trx, files, place, now);
  const attfile_bytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  await trx.updateTable('tower_teams').set({ last_wide_id, attfile_bytes }).where('id', '=', teamId).execute();
}

async function insertSubgroups(trx: Transaction, teamId: string, now: number): Promise<void> {
  const rows = subgroups.map(({ name }, index) => ({
    id: demoId('10', index + 1),
    team_id: teamId,
    name,
    created_at: now,
    updated_at: now,
  }));
  await trx.insertInto('tower_subgroups').values(rows).execute();
  const members = subgroups.flatMap(({ members }, index) =>
    members.map((place) => ({ subgroup_id: demoId('10', index + 1), member_id: demoMemberId(place) })),
  );
  await trx.insertInto('tower_subgroup_members').values(members).execute();
}

async function insertFields(trx: Transaction, teamId: string): Promise<void> {
  const rows = fields.map(({ options, ...field }, position) => ({
    ...field,
    team_id: teamId,
    project_id: null,
    is_multiple: 0 as const,
    options: JSON.stringify(options),
    position,
  }));
  await trx.insertInto('tower_custom_fields').values(rows).execute();
}

/** The ids of the labels, in their order. */
async function insertLabels(trx: Transaction, teamId: string): Promise<number[]> {
  const rows = labels.map((name) => ({ team_id: teamId, name }));
  const inserted = await trx.insertInto('tower_labels').values(rows).returning('id').execute();
  return inserted.map(({ id }) => id);
}

async function insertNotices(trx: Transaction, teamId: string, notices: readonly DemoNotice[]): Promise<void> {
  const acts = await trx
    .insertInto('tower_progresses')
    .values(notices.map(({ progress }) => progress))
    .returning('id')
    .execute();
  const rows = notices.map(({ to, thing, progress }, index) => ({
    id: demoId('70', index + 1),
    team_id: teamId,
    member_id: demoMemberId(to),
    progress_id: acts[index]?.id ?? 0,
    notifyable_type: thing.notifyableType ?? 'Todo',
    target_id: thing.id,
    created_at: progress.created_at,
  }));
  await trx.insertInto('tower_notifications').values(rows).execute();
}
