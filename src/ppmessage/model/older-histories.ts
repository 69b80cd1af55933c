import { type SelectQueryBuilder, sql } from 'kysely';
import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { AppKey } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { visibleConversations } from './conversations.ts';
import { countMessagesOf, messagesOf, withSenders } from './messages.ts';
import { type Page, positionOr, UNPAGED_LIMIT } from './pages.ts';

/** Older forms of reading the history: by positions that are messages, and by peer (P-81). */

export interface OlderPage {
  /** -1 for all. */
  offset: number;
  size: number;
  /** Only this message and older ones. */
  max?: { uuid: string; isIncluded: boolean } | undefined;
  /** Only messages newer than this one. */
  sinceUuid?: string | undefined;
}

/** Reads a page of a conversation, newest first. An unknown boundary gives an empty page. */
export async function pageOlderHistory(conversationUuid: string, page: OlderPage, { database }: Context) {
  const { max, sinceUuid } = page;
  const [total, list] = await together(database, (view) => {
    const all = messagesOf(conversationUuid, view);
    const positionOf = (uuid: string) => all.select('message.seq').where('message.uuid', '=', uuid);
    const positions = all
      .select('message.seq')
      .$if(max !== undefined, (messages) =>
        messages.where('message.seq', max?.isIncluded ? '<=' : '<', positionOr(-1, positionOf(max?.uuid ?? ''))),
      )
      .$if(sinceUuid !== undefined, (messages) =>
        messages.where('message.seq', '>', positionOr(Number.MAX_SAFE_INTEGER, positionOf(sinceUuid ?? ''))),
      )
      .orderBy('message.seq', 'desc')
      .limit(page.offset < 0 ? UNPAGED_LIMIT : page.size)
      .offset(Math.max(0, page.offset) * page.size);
    return [
      countMessagesOf(conversationUuid, view),
      withSenders(all.where('message.seq', 'in', positions))
        .orderBy('message.seq', 'desc')
        .execute(),
    ];
  });
  return { list, total };
}

/** Reads a page of the messages between a user and a peer, newest first, in conversations that the token may see. */
export async function pagePeerHistory(
  user: AppKey,
  peer: { uuid: string; isUser: boolean },
  { offset, size }: Page,
  caller: Caller,
  { database }: Context,
) {
  const [{ total }, list] = await together(database, (view) => {
    const ofApp = view.selectFrom('ppmessage_messages as message').where('message.app_uuid', '=', user.app_uuid);
    const sent = (from: string, to: string) =>
      ofApp.where('message.from_uuid', '=', from).where('message.to_uuid', '=', to);
    // What users send to themselves has one direction.
    const hasAnswers = peer.isUser && peer.uuid !== user.uuid;
    const directions = [sent(user.uuid, peer.uuid), ...(hasAnswers ? [sent(peer.uuid, user.uuid)] : [])];
    // As `exists` PostgreSQL would read all conversations that are visible.
    const isVisible = (column: string) =>
      sql<boolean>`${visibleConversations(caller, { database: view })
        .select('conversation.uuid')
        .where('conversation.uuid', '=', sql.ref<string>(column))
        .limit(1)} is not null`;

    // Two people share few conversations: each of these is looked at once. PostgreSQL expects few where it knows nothing
    // about them, as in a materialized query.
    const shared = view
      .with(
        (name) => name('sent').materialized(),
        () => unionOf(directions.map((messages) => messages.select('message.conversation_uuid'))),
      )
      .selectFrom((from) =>
        from
          .selectFrom('sent')
          .select(['conversation_uuid', ({ fn }) => fn.countAll<number>().as('messages')])
          .groupBy('conversation_uuid')
          .as('shared'),
      )
      .where(isVisible('shared.conversation_uuid'));
    // The first page looks at the conversations of its own messages alone.
    const isRead =
      offset === 0
        ? isVisible('message.conversation_uuid')
        : sql<boolean>`message.conversation_uuid in ${shared.select('shared.conversation_uuid')}`;
    // A direction is a range of one index, which is read from its end.
    const places = unionOf(
      directions.map((messages) =>
        view
          .selectFrom(
            messages
              .select('message.seq')
              .where(isRead)
              .orderBy('message.seq', 'desc')
              .limit((offset + 1) * size)
              .as('direction'),
          )
          .selectAll(),
      ),
    )
      .orderBy('seq', 'desc')
      .limit(size)
      .offset(offset * size);
    return [
      shared.select(sql<number>`coalesce(cast(sum(messages) as bigint), 0)`.as('total')).executeTakeFirstOrThrow(),
      // The sender and the receiver are named for the index.
      withSenders(
        ofApp
          .where('message.from_uuid', 'in', [user.uuid, peer.uuid])
          .where('message.to_uuid', 'in', [user.uuid, peer.uuid])
          .where('message.seq', 'in', places),
      )
        .orderBy('message.seq', 'desc')
        .execute(),
    ];
  });
  return { list, total };
}

/** All rows of one or more queries. */
const unionOf = <All, Names extends keyof All, Row>(queries: readonly SelectQueryBuilder<All, Names, Row>[]) =>
  queries.reduce((one, other) => one.unionAll(other));
