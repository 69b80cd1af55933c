import type { Context } from '../../context.ts';
import { together } from '../../database/together.ts';
import type { AppKey } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { visibleConversations } from './conversations.ts';
import { messagesOf, withSenders } from './messages.ts';
import { countRows, type Page, positionOr, UNPAGED_LIMIT } from './pages.ts';

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
  const [{ total }, list] = await together(database, (view) => {
    const all = messagesOf(conversationUuid, view);
    const positionOf = (uuid: string) => all.select('message.seq').where('message.uuid', '=', uuid);
    return [
      countRows(all),
      withSenders(all)
        .$if(max !== undefined, (messages) =>
          messages.where('message.seq', max?.isIncluded ? '<=' : '<', positionOr(-1, positionOf(max?.uuid ?? ''))),
        )
        .$if(sinceUuid !== undefined, (messages) =>
          messages.where('message.seq', '>', positionOr(Number.MAX_SAFE_INTEGER, positionOf(sinceUuid ?? ''))),
        )
        .orderBy('message.seq', 'desc')
        .limit(page.offset < 0 ? UNPAGED_LIMIT : page.size)
        .offset(Math.max(0, page.offset) * page.size)
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
    const messages = view
      .selectFrom('ppmessage_messages as message')
      .where('message.app_uuid', '=', user.app_uuid)
      .where(
        'message.conversation_uuid',
        'in',
        visibleConversations(caller, { database: view }).select('conversation.uuid'),
      )
      .where(({ and, or, eb }) =>
        or([
          and([eb('message.from_uuid', '=', user.uuid), eb('message.to_uuid', '=', peer.uuid)]),
          ...(peer.isUser
            ? [and([eb('message.from_uuid', '=', peer.uuid), eb('message.to_uuid', '=', user.uuid)])]
            : []),
        ]),
      );
    return [
      countRows(messages),
      withSenders(messages)
        .orderBy('message.seq', 'desc')
        .limit(size)
        .offset(offset * size)
        .execute(),
    ];
  });
  return { list, total };
}
