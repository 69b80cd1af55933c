import type { Context } from '../../context.ts';
import type { UserRow } from '../database/tables.ts';
import { requireMember } from '../model/conversation-members.ts';
import { PpmessageError } from '../model/errors.ts';
import { announceTyping, watchTyping } from '../model/typing.ts';
import { RefusedFrameError } from './frames.ts';

/** The conversation that one connection watches: it hears who types there, and may say so itself (P-99). */
export class TypingWatch {
  readonly #user: UserRow;
  readonly #send: (event: { user_uuid: string; conversation_uuid: string }) => void;
  readonly #context: Context;
  #watched: { app_uuid: string; uuid: string } | undefined;
  #stop = () => {};

  constructor(
    user: UserRow,
    send: (event: { user_uuid: string; conversation_uuid: string }) => void,
    context: Context,
  ) {
    this.#user = user;
    this.#send = send;
    this.#context = context;
  }

  /**
   * Watches a conversation in place of the one before.
   *
   * @throws RefusedFrameError parameter, and conversation when the user is not in it
   */
  async watch(uuid: string | undefined): Promise<void> {
    this.stop();
    if (uuid === undefined) throw new RefusedFrameError('parameter', 'conversation_uuid is missing');
    const { conversation } = await requireMember(uuid, this.#user, this.#context).catch((error: unknown) => {
      throw error instanceof PpmessageError ? new RefusedFrameError('conversation', error.message) : error;
    });
    const { app_uuid, uuid: conversation_uuid } = conversation;
    this.#watched = { app_uuid, uuid: conversation_uuid };
    const listen = (user_uuid: string) => this.#send({ user_uuid, conversation_uuid });
    this.#stop = watchTyping(conversation, this.#user, listen, this.#context);
  }

  stop(): void {
    this.#stop();
    this.#stop = () => {};
    this.#watched = undefined;
  }

  announce(): void {
    if (this.#watched !== undefined) announceTyping(this.#watched, this.#user, this.#context);
  }
}
