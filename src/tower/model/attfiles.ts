import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { isEmpty, type ValuesOrQuery } from '../../database/together.ts';
import { HttpError } from '../../errors.ts';
import { hmacSha256 } from '../../secrets.ts';
import type { TargetType, TowerAttfilesTable } from '../database/tables.ts';
import type { Caller } from './members.ts';
import { requireProject } from './projects.ts';
import { unusable } from './values.ts';

/** Files of todos, topics and uploads (T-48). A direct upload stores them. */
export type Attfile = Selectable<TowerAttfilesTable>;

/** What has attachments, and the place of their ids in the request body. */
export interface Attachable {
  type: TargetType;
  id: string;
  pointer: string;
}

const NOT_FOUND = 'There is no such attachment, or you cannot see it';

/** The attachments of things, in the order of their reservations. */
export async function listAttachments(database: Database, targetIds: ValuesOrQuery<string>): Promise<Attfile[]> {
  if (isEmpty(targetIds)) return [];
  return database
    .selectFrom('tower_attfiles')
    .selectAll()
    .where('target_id', 'in', targetIds)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** A file that is attached to something. */
export const findAttachment = (database: Database, id: string): Promise<Attfile | undefined> =>
  database
    .selectFrom('tower_attfiles')
    .selectAll()
    .where('id', '=', id)
    .where('target_id', 'is not', null)
    .executeTakeFirst();

const tables = {
  todo: 'tower_todos',
  todolist: 'tower_todolists',
  topic: 'tower_topics',
  upload: 'tower_uploads',
} as const;

/** An attachment of something that the user can see. @throws HttpError not_found */
export async function requireAttachment(
  id: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<Attfile> {
  const attfile = await findAttachment(context.database, id);
  if (attfile === undefined || attfile.target_type === null || attfile.target_type === 'comment') throw notFound();
  const target = { table: tables[attfile.target_type], id: attfile.target_id as string };
  await requireProject(target, userId, context, NOT_FOUND);
  return attfile;
}

/**
 * Attaches the caller's own stored files. Each file is attached once.
 *
 * @throws HttpError unprocessable_content for an unknown file, one of others, one without content and one that is used
 */
export async function attach(
  trx: Transaction,
  caller: Caller,
  attfileIds: readonly string[],
  { type, id, pointer }: Attachable,
  now: number,
): Promise<void> {
  const ids = [...new Set(attfileIds)];
  if (ids.length === 0) return;
  const attached = await trx
    .updateTable('tower_attfiles')
    .set({ target_type: type, target_id: id })
    .where('id', 'in', ids)
    .where('creator_id', '=', caller.id)
    .where('stored_at', 'is not', null)
    .where('target_id', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .execute();
  if (attached.length < ids.length) throw notAttachable(pointer);
}

export const notAttachable = (pointer: string) =>
  unusable(pointer, 'must name stored files of your own that are not used yet');

/** Replaces all attachments of a thing. Files that are removed are deleted soon. @throws as `attach` */
export async function replaceAttachments(
  trx: Transaction,
  caller: Caller,
  attfileIds: readonly string[],
  target: Attachable,
  now: number,
): Promise<void> {
  const before = await trx.selectFrom('tower_attfiles').select('id').where('target_id', '=', target.id).execute();
  const known = new Set(before.map(({ id }) => id));
  const removed = [...known].filter((id) => !attfileIds.includes(id));
  if (removed.length > 0) {
    await trx
      .updateTable('tower_attfiles')
      .set({ target_type: null, target_id: null, expires_at: now })
      .where('id', 'in', removed)
      .execute();
  }
  const added = attfileIds.filter((id) => !known.has(id));
  await attach(trx, caller, added, target, now);
}

/**
 * The signature of a text with the key of one file. Every node can verify it, and no configuration is needed.
 *
 * @param purpose so that a signature for one purpose is none for the other
 */
export const signFor = ({ signing_key }: Attfile, purpose: 'form' | 'address', text: string): string =>
  hmacSha256(signing_key, `${purpose}\n${text}`);

const notFound = () => new HttpError('not_found', NOT_FOUND);
