import type { Context } from '../../context.ts';
import type { ConversationRow, UserRow } from '../database/tables.ts';

/** Typing events go to the devices that watch the conversation, and are not stored (P-99). */

const topicOf = ({ app_uuid, uuid }: Watched) => `ppmessage:${app_uuid}:typing:${uuid}`;

type Watched = Pick<ConversationRow, 'app_uuid' | 'uuid'>;

/** Tells the others who watch a conversation that a user types. */
export function announceTyping(conversation: Watched, { uuid }: Pick<UserRow, 'uuid'>, { bus }: Pick<Context, 'bus'>) {
  bus.publish([topicOf(conversation)], { user_uuid: uuid });
}

/**
 * Calls `listen` with the uuid of another user who types in a conversation.
 *
 * @returns stops watching
 */
export const watchTyping = (
  conversation: Watched,
  { uuid }: Pick<UserRow, 'uuid'>,
  listen: (userUuid: string) => void,
  { bus }: Pick<Context, 'bus'>,
): (() => void) =>
  bus.subscribe([topicOf(conversation)], (event) => {
    const { user_uuid: typing } = event as { user_uuid: string };
    if (typing !== uuid) listen(typing);
  });
