import type { components, operations } from '../../../generated/tower.ts';
import type { TimeLog, TimeLogFilter } from '../model/time-logs.ts';
import { DAY_MS, fromChinaTime } from '../model/times.ts';
import { unusable, unusableParameter } from '../model/values.ts';
import { toOne, toTimestamp } from './document.ts';
import { fromId } from './todo-changes.ts';

type Schemas = components['schemas'];

const MINUTE_MS = 60 * 1000;

export const toTimeLog = (timeLog: TimeLog): Schemas['TimeLog'] => ({
  id: String(timeLog.id),
  type: 'time_logs',
  attributes: {
    desc: timeLog.description,
    starts_at: toTimestamp(timeLog.starts_at),
    ends_at: toTimestamp(timeLog.ends_at),
    duration: (timeLog.ends_at - timeLog.starts_at) / MINUTE_MS,
    created_at: toTimestamp(timeLog.created_at),
    updated_at: toTimestamp(timeLog.updated_at),
  },
  relationships: { todo: toOne('todos', timeLog.todo_id), creator: toOne('members', timeLog.creator_id) },
});

/** What a request writes of a time log. Throws `unusable` for a time that does not exist. */
export const fromTimeLog = ({ starts_at, ends_at, creator_id, desc }: Schemas['TimeLogChanges']['time_log']) => ({
  startsAt: starts_at === undefined ? undefined : toTime(starts_at, '/time_log/starts_at'),
  endsAt: ends_at === undefined ? undefined : toTime(ends_at, '/time_log/ends_at'),
  creatorId: fromId(creator_id),
  description: desc === null ? '' : desc,
});

/** A time of a request in milliseconds. Throws `unusable` for one that does not exist. */
export function toTime(text: string, pointer: string): number {
  const time = fromChinaTime(text);
  if (time === undefined) throw unusable(pointer, 'must be a time that exists');
  return time;
}

/** Which time logs a query names; both days are included (T-57). */
export function toFilter({
  creator_id: creatorId,
  starts_date,
  ends_date,
}: NonNullable<operations['listProjectTimeLogs']['parameters']['query']>): TimeLogFilter {
  const last = ends_date === undefined ? undefined : toDate(ends_date, 'ends_date');
  return {
    creatorId,
    from: starts_date === undefined ? undefined : toDate(starts_date, 'starts_date'),
    before: last === undefined ? undefined : last + DAY_MS,
  };
}

function toDate(text: string, name: string): number {
  const date = fromChinaTime(text);
  if (date === undefined) throw unusableParameter(name, 'must be a date that exists');
  return date;
}
