import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { transactTogether } from '../../database/group-commit.ts';
import type { ConversationRow, MessageRow, UserRow } from '../database/tables.ts';
import type { Caller } from './callers.ts';
import { findMember, requireMember } from './conversation-members.ts';
import { requireDevice } from './devices.ts';
import { PpmessageError, throwNoConversation } from './errors.ts';
import { useFile } from './files.ts';
import { toStoredContent } from './message-content.ts';
import { isRepetition, type NewMessage, requireTarget, storeMessage } from './messages.ts';
import { requireSubject } from './users.ts';

/** A message as its sender writes it. The words are read in any case. */
export interface SentMessage {
  uuid: string;
  conversation_uuid: string;
  conversation_type?: string | undefined;
  from_uuid: string;
  from_type: string;
  device_uuid?: string | undefined;
  to_uuid: string;
  to_type: string;
  message_type: string;
  message_subtype: string;
  message_body: string;
}

/**
 * Sends a message (P-40 to P-43). Does nothing when it is stored already.
 *
 * @throws PpmessageError unacceptableMessage, noSuchConversation, noSuchObject, noSuchDevice, and those of `requireSubject`
 */
export async function sendMessage(sent: SentMessage, caller: Caller, context: Context): Promise<void> {
  const user = await requireSubject(sent.from_uuid, caller, context);
  const { conversation } = await requireMember(sent.conversation_uuid, user, context);
  oneOf(['NOTI'], sent.message_type);
  const message: NewMessage = {
    app_uuid: caller.appUuid,
    uuid: sent.uuid,
    conversation_uuid: conversation.uuid,
    conversation_type: directionOf(user, conversation, sent.conversation_type),
    from_uuid: user.uuid,
    from_type: oneOf(['DU'], sent.from_type),
    from_device_uuid: sent.device_uuid ?? null,
    to_uuid: sent.to_uuid,
    to_type: oneOf(['DU', 'OG', 'AP', 'CV'], sent.to_type),
    message_subtype: oneOf(['TEXT', 'TXT', 'IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'FILE'], sent.message_subtype),
    body: sent.message_body,
  };
  const content = await toStoredContent(message, context);
  // P-14: `api_uuid` stands for the app.
  if (sent.to_uuid !== caller.apiUuid) await requireTarget(message, conversation, context);
  if (sent.device_uuid !== undefined) await requireDevice(sent.device_uuid, user, context);

  const stored = { ...message, body: content.body };
  const isNew = await storeFrom(user, stored, content.files, context);
  if (!isNew && !(await isRepetition(message, sent.message_body, context)))
    throw new PpmessageError('unacceptableMessage', 'Another message has this uuid');
}

/**
 * Sends a message with the type and the body of an old one, in another conversation (P-81).
 *
 * @returns its uuid
 * @throws PpmessageError unacceptableMessage, or noSuchConversation when the user was removed from it a moment ago
 */
export async function forwardMessage(
  original: MessageRow,
  user: UserRow,
  conversation: ConversationRow,
  direction: string | undefined,
  context: Context,
): Promise<string> {
  const message: NewMessage = {
    app_uuid: user.app_uuid,
    uuid: randomUUID(),
    conversation_uuid: conversation.uuid,
    conversation_type: directionOf(user, conversation, direction),
    from_uuid: user.uuid,
    from_type: 'DU',
    from_device_uuid: null,
    to_uuid: conversation.uuid,
    to_type: 'CV',
    message_subtype: original.message_subtype,
    body: original.body,
  };
  // The files in its body have a use already.
  await storeFrom(user, message, [], context).catch(throwNoConversation);
  return message.uuid;
}

/**
 * Stores a user's message.
 *
 * @param files whose use begins with the message
 * @returns false when the app has a message with this uuid
 */
const storeFrom = (user: UserRow, message: NewMessage, files: readonly string[], context: Context): Promise<boolean> =>
  transactTogether(context.database, `ppmessage:${message.app_uuid}`, async (trx) => {
    if (!(await storeMessage(trx, message, context))) return false;
    // The sender may have been removed from the conversation a moment ago.
    if ((await findMember(message.conversation_uuid, user, trx)) === undefined)
      throw new PpmessageError('noSuchConversation');
    for (const file of files)
      if (!(await useFile(trx, file, message.app_uuid)))
        throw new PpmessageError('unacceptableMessage', `The app cannot use the file ${file}`);
    await trx
      .updateTable('ppmessage_users')
      .set({ latest_send_message_time: context.clock.now() })
      .where('app_uuid', '=', user.app_uuid)
      .where('uuid', '=', user.uuid)
      .execute();
    return true;
  });

/** The direction of a user's message: as it was sent, otherwise by the role of the user. */
function directionOf(user: UserRow, conversation: ConversationRow, sent: string | undefined) {
  if (sent !== undefined) return oneOf(['P2S', 'S2P', 'S2S'], sent);
  if (user.is_service_user === 0) return 'P2S';
  return conversation.conversation_type === 'S2S' ? 'S2S' : 'S2P';
}

/**
 * The word of the list that was sent, in any case.
 *
 * @throws PpmessageError unacceptableMessage
 */
function oneOf<const Word extends string>(words: readonly Word[], sent: string): Word {
  const word = words.find((known) => known === sent.toUpperCase());
  if (word === undefined) throw new PpmessageError('unacceptableMessage', `${sent} is not one of ${words.join(', ')}`);
  return word;
}
