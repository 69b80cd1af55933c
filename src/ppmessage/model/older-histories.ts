import type { Context } from '../../context.ts';
import type { ConversationRow, UserRow } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { visibleConversations } from './conversations.ts';
import { withSenders } from './messages.ts';
import { type Page, UNPAGED_LIMIT } from './pages.ts';

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
export async function pageOlderHistory(conversation: ConversationRow, page: OlderPage, context: Context) {
  const all = context.database
    .selectFrom('ppmessage_messages as message')
    .where('message.conversation_uuid', '=', conversation.uuid);
  const positionOf = async (uuid: string) =>
    (await all.select('message.seq').where('message.uuid', '=', uuid).executeTakeFirst())?.seq;
  const below = page.max && ((await positionOf(page.max.uuid)) ?? -1);
  const above = page.sinceUuid === undefined ? undefined : await positionOf(page.sinceUuid);
  const { total } = await all.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const isEmpty = page.sinceUuid !== undefined && above === undefined;
  const rows = isEmpty
    ? []
    : await all
        .selectAll('message')
        .$if(below !== undefined, (messages) =>
          messages.where('message.seq', page.max?.isIncluded ? '<=' : '<', below as number),
        )
        .$if(above !== undefined, (messages) => messages.where('message.seq', '>', above as number))
        .orderBy('message.seq', 'desc')
        .limit(page.offset < 0 ? UNPAGED_LIMIT : page.size)
        .offset(Math.max(0, page.offset) * page.size)
        .execute();
  return { list: await withSenders(conversation.app_uuid, rows, context), total, newest: conversation.latest_task };
}

/** Reads a page of the messages between a user and a peer, newest first, in conversations that the token may see. */
export async function pagePeerHistory(
  user: UserRow,
  peer: { uuid: string; isUser: boolean },
  { offset, size }: Page,
  caller: Caller,
  context: Context,
) {
  const visible = visibleConversations(caller, context).select('conversation.uuid');
  const messages = context.database
    .selectFrom('ppmessage_messages as message')
    .where('message.app_uuid', '=', user.app_uuid)
    .where('message.conversation_uuid', 'in', visible)
    .where(({ and, or, eb }) =>
      or([
        and([eb('message.from_uuid', '=', user.uuid), eb('message.to_uuid', '=', peer.uuid)]),
        ...(peer.isUser ? [and([eb('message.from_uuid', '=', peer.uuid), eb('message.to_uuid', '=', user.uuid)])] : []),
      ]),
    );
  const { total } = await messages.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await messages
    .selectAll('message')
    .orderBy('message.seq', 'desc')
    .limit(size)
    .offset(offset * size)
    .execute();
  return { list: await withSenders(user.app_uuid, rows, context), total };
}
