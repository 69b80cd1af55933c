import type { Selectable } from 'kysely';
import type { Database, Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import type { TowerCustomFieldsTable } from '../database/tables.ts';
import { requireTeamMembers } from './members.ts';
import { isDate } from './times.ts';
import type { Todo } from './todos.ts';
import { unusable } from './values.ts';

/** Custom fields of todos (T-61). Operators define them; a todo has at most one value of each. */

export type CustomField = Selectable<TowerCustomFieldsTable>;

export interface Hyperlink {
  name: string;
  link: string;
}

/** As it was written; null without a value. A field with several values has a list, and so have hyperlinks. */
export type FieldValue = string | string[] | Hyperlink[] | null;

/** All custom field values of a todo. */
export interface TodoFieldValues {
  id: number;
  fields: { field: CustomField; value: FieldValue }[];
}

/** What the value of a `select` field can be. */
export interface FieldOption {
  value: string;
  label: string;
}

const MOST_VALUES = 100;
const LONGEST_TEXT = 5000;

export const FIELD_TYPES = ['number', 'string', 'date', 'member', 'select', 'hyperlink'] as const;

/** Creates a field behind those that the team has. Throws for a key that the team has already. */
export const createField = (
  database: Database,
  field: Omit<CustomField, 'position' | 'options'> & { options: readonly FieldOption[] },
): Promise<CustomField> =>
  transact(database, async (trx) => {
    const { last } = await trx
      .selectFrom('tower_custom_fields')
      .select(({ fn }) => fn.max<number | null>('position').as('last'))
      .where('team_id', '=', field.team_id)
      .executeTakeFirstOrThrow();
    return trx
      .insertInto('tower_custom_fields')
      .values({ ...field, options: JSON.stringify(field.options), position: (last ?? -1) + 1 })
      .returningAll()
      .executeTakeFirstOrThrow();
  });

/** All fields of a team. */
export const listTeamFields = (database: Database, teamId: string): Promise<CustomField[]> =>
  database
    .selectFrom('tower_custom_fields')
    .selectAll()
    .where('team_id', '=', teamId)
    .orderBy('position')
    .orderBy('key')
    .execute();

/** The custom fields of todos in a project: its own and those of the whole team. */
const listFields = (database: Database | Transaction, { team_id, project_id }: Todo): Promise<CustomField[]> =>
  database
    .selectFrom('tower_custom_fields')
    .selectAll()
    .where('team_id', '=', team_id)
    .where((eb) => eb.or([eb('project_id', 'is', null), eb('project_id', '=', project_id)]))
    .orderBy('position')
    .orderBy('key')
    .execute();

/** The custom field values of a todo, for people: an option is its label. Undefined when none was ever written. */
export async function findFieldValues(database: Database, todo: Todo): Promise<TodoFieldValues | undefined> {
  const row = await findRow(database, todo);
  if (row === undefined) return undefined;
  const values = JSON.parse(row.custom_fields) as Record<string, FieldValue>;
  const fields = await listFields(database, todo);
  return {
    id: row.id,
    fields: fields.map((field) => ({ field, value: toLabels(field, values[field.key] ?? null) })),
  };
}

const findRow = (database: Database | Transaction, { id }: Todo) =>
  database.selectFrom('tower_custom_field_values').selectAll().where('todo_id', '=', id).executeTakeFirst();

/**
 * Writes custom field values of a todo. Keys that are not those of a field are ignored (T-61). Call it while changes of
 * the todo wait for each other.
 *
 * @returns whether there was a key of a field
 * @throws HttpError unprocessable_content
 */
export async function writeFieldValues(
  trx: Transaction,
  todo: Todo,
  written: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  if (Object.keys(written).length === 0) return false;
  const fields = (await listFields(trx, todo)).filter(({ key }) => Object.hasOwn(written, key));
  if (fields.length === 0) return false;
  const row = await findRow(trx, todo);
  const values = new Map(Object.entries(JSON.parse(row?.custom_fields ?? '{}') as Record<string, FieldValue>));
  for (const field of fields) values.set(field.key, await requireValue(trx, field, written[field.key]));
  const custom_fields = JSON.stringify(Object.fromEntries(values));
  await trx
    .insertInto('tower_custom_field_values')
    .values({ todo_id: todo.id, custom_fields })
    .onConflict((conflict) => conflict.column('todo_id').doUpdateSet({ custom_fields }))
    .execute();
  return true;
}

async function requireValue(trx: Transaction, field: CustomField, written: unknown): Promise<FieldValue> {
  const pointer = `/todo/${field.key}`;
  const list = (Array.isArray(written) ? written : [written]).filter((one) => one !== null && one !== '');
  if (list.length === 0) return null;
  if (list.length > MOST_VALUES) throw unusable(pointer, `must have at most ${MOST_VALUES} values`);
  if (field.field_type === 'hyperlink') return list.map((link) => requireHyperlink(link, pointer));
  const texts = list.map((one) => requireFieldText(field, one, pointer));
  if (field.field_type === 'member') await requireTeamMembers(trx, field.team_id, texts, pointer);
  if (field.is_multiple === 1) return [...new Set(texts)];
  if (texts.length > 1) throw unusable(pointer, 'must be one value');
  return texts[0] ?? null;
}

function requireFieldText(field: CustomField, written: unknown, pointer: string): string {
  const text = typeof written === 'number' ? String(written) : written;
  if (typeof text !== 'string') throw unusable(pointer, 'must be a text');
  if (text.length > LONGEST_TEXT) throw unusable(pointer, `must have at most ${LONGEST_TEXT} characters`);
  if (field.field_type === 'number' && !/^-?\d{1,30}(\.\d{1,30})?$/.test(text))
    throw unusable(pointer, 'must be a number');
  if (field.field_type === 'date' && !isDate(text)) throw unusable(pointer, 'must be a date that exists');
  if (field.field_type === 'select' && !optionsOf(field).some(({ value }) => value === text))
    throw unusable(pointer, 'must be the value of an option');
  return text;
}

function requireHyperlink(written: unknown, pointer: string): Hyperlink {
  const { name, link } = (typeof written === 'object' && written !== null ? written : {}) as Record<string, unknown>;
  if (typeof link !== 'string' || !isLink(link)) throw unusable(pointer, 'must be links with an address of the web');
  if (typeof name !== 'string' || name.length > LONGEST_TEXT) throw unusable(pointer, 'must be links with a name');
  return { name, link };
}

const isLink = (link: string): boolean =>
  link.length <= LONGEST_TEXT && /^https?:\/\/[!-~]+$/.test(link) && URL.canParse(link);

function toLabels(field: CustomField, value: FieldValue): FieldValue {
  if (field.field_type !== 'select' || value === null) return value;
  const labels = new Map(optionsOf(field).map((option) => [option.value, option.label]));
  const labelOf = (one: string | Hyperlink) => (typeof one === 'string' ? (labels.get(one) ?? one) : one.name);
  return Array.isArray(value) ? value.map(labelOf) : labelOf(value);
}

/** The options of a field; none but for `select`. */
export const optionsOf = ({ options }: CustomField): FieldOption[] => JSON.parse(options) as FieldOption[];
