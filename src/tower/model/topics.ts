import type { Selectable } from 'kysely';
import type { Context } from '../../context.ts';
import type { Database, Transaction } from '../../database/open.ts';
import { together } from '../../database/together.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { Bus } from '../../live/bus.ts';
import type { TowerTopicsTable } from '../database/tables.ts';
import { attach, replaceAttachments } from './attfiles.ts';
import { type EventAction, recordEvent } from './events.ts';
import { newId } from './ids.ts';
import { notify } from './notifications.ts';
import { newestFirst, onPage, type Page, type PageRows, readIndexedPage } from './pages.ts';
import { type InProject, lockProject, requireAuthor, requireProject, requireProjectStill } from './projects.ts';
import { mentionedMembers } from './rich-text.ts';
import { takeTeamWideId } from './teams.ts';

export type Topic = Selectable<TowerTopicsTable>;

export interface InTopic extends InProject {
  topic: Topic;
}

type Services = Pick<Context, 'bus' | 'clock' | 'database'>;

const NOT_FOUND = 'There is no such topic, or you cannot see it';

/** A topic that the user can see. @throws HttpError not_found */
export async function requireTopic(
  topicId: string,
  userId: string | null,
  context: Pick<Context, 'database'>,
): Promise<InTopic> {
  const [inProject, topic] = await together(context.database, (database) => [
    requireProject({ table: 'tower_topics', id: topicId }, userId, { database }, NOT_FOUND),
    requireTopicStill(database, topicId),
  ]);
  return { topic, ...inProject };
}

/** A topic that is not deleted. @throws HttpError not_found */
export async function requireTopicStill(database: Database | Transaction, id: string): Promise<Topic> {
  const topic = await database
    .selectFrom('tower_topics')
    .selectAll()
    .where('id', '=', id)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (topic === undefined) throw new HttpError('not_found', NOT_FOUND);
  return topic;
}

/** The topics of a project, newest first. */
export const listTopics = (database: Database, projectId: string, page: Page): Promise<PageRows<Topic>> =>
  readIndexedPage(topicsOf(database, projectId), newestFirst, page);

/** A query for the ids of the topics on a page of `listTopics`. */
export const topicIdsOnPage = (database: Database, projectId: string, page: Page) =>
  onPage(topicsOf(database, projectId), newestFirst, page).clearSelect().select('id');

const topicsOf = (database: Database, projectId: string) =>
  database.selectFrom('tower_topics').selectAll().where('project_id', '=', projectId).where('is_active', '=', 1);

/** What can be written of a topic; undefined stays. */
export interface TopicChanges {
  title?: string | undefined;
  /** Sanitised HTML. */
  content?: string | undefined;
  /** All attachments. */
  attfileIds?: readonly string[] | undefined;
  /** Of the attachments, in the request body. */
  pointer: string;
}

/** Creates a topic. The members of the project, and those that the content mentions, get a notification (T-54). */
export const createTopic = (
  { project, caller }: InProject,
  { id, title, content = '', attfileIds = [], pointer }: TopicChanges & { id?: string; title: string },
  { bus, clock, database }: Services,
): Promise<Topic> =>
  transact(database, async (trx) => {
    await lockProject(trx, project.id);
    await requireProjectStill(trx, project.id);
    const now = clock.now();
    const topic = await trx
      .insertInto('tower_topics')
      .values({
        id: id ?? newId(now),
        team_id: project.team_id,
        project_id: project.id,
        team_wide_id: await takeTeamWideId(trx, project.team_id),
        creator_id: caller.id,
        title,
        content,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await attach(trx, caller, attfileIds, { type: 'topic', id: topic.id, pointer }, now);
    const members = await trx
      .selectFrom('tower_project_members')
      .select('member_id')
      .where('project_id', '=', project.id)
      .execute();
    await notify(
      trx,
      {
        caller,
        projectId: project.id,
        recipientIds: [...mentionedMembers(content), ...members.map(({ member_id }) => member_id)],
        progressType: 'message_add',
        notifyableType: 'Message',
        targetId: topic.id,
        subject: title,
        content,
      },
      now,
      bus,
    );
    await recordTopicEvent(trx, { topic, project, caller }, 'topic.created', now, bus);
    return topic;
  });

/** Changes a topic. @throws HttpError forbidden for other members than T-51 allows */
export async function updateTopic(
  inTopic: InTopic,
  { title, content, attfileIds, pointer }: TopicChanges,
  { bus, clock, database }: Services,
): Promise<Topic> {
  requireAuthor(inTopic, inTopic.topic);
  return transact(database, async (trx) => {
    const now = clock.now();
    // Undefined columns stay. The row is locked from here on, so that two changes of the attachments do not mix.
    const topic = await trx
      .updateTable('tower_topics')
      .set({ title, content, updated_at: now })
      .where('id', '=', inTopic.topic.id)
      .where('is_active', '=', 1)
      .returningAll()
      .executeTakeFirst();
    if (topic === undefined) throw new HttpError('not_found', NOT_FOUND);
    if (attfileIds !== undefined)
      await replaceAttachments(trx, inTopic.caller, attfileIds, { type: 'topic', id: topic.id, pointer }, now);
    await recordTopicEvent(trx, { ...inTopic, topic }, 'topic.updated', now, bus);
    return topic;
  });
}

/** Deletes a topic (T-43). @throws HttpError forbidden for other members than T-51 allows */
export async function deleteTopic(inTopic: InTopic, { bus, clock, database }: Services): Promise<void> {
  requireAuthor(inTopic, inTopic.topic);
  await transact(database, async (trx) => {
    const now = clock.now();
    const { numUpdatedRows } = await trx
      .updateTable('tower_topics')
      .set({ is_active: 0, updated_at: now })
      .where('id', '=', inTopic.topic.id)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new HttpError('not_found', NOT_FOUND);
    await recordTopicEvent(trx, inTopic, 'topic.deleted', now, bus);
  });
}

const recordTopicEvent = (
  trx: Transaction,
  { topic, project, caller }: InTopic,
  action: EventAction,
  now: number,
  bus: Bus,
): Promise<void> =>
  recordEvent(trx, { caller, projectId: project.id, action, title: topic.title, targetId: topic.id }, now, bus);
