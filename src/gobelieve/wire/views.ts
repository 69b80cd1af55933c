import type { Selectable } from 'kysely';
import type { components } from '../../../generated/gobelieve.ts';
import type { GobelieveGroupsTable } from '../database/tables.ts';
import type { QueuedMessage } from '../model/queues.ts';

type Schemas = components['schemas'];

const meta = { code: 200, message: 'success' } as const;

/** The answer of an operation that has data. */
export const answer = <Data>(data: Data) => ({ status: 200 as const, body: { meta, data } });

/** The answer of all operations without data. */
export const done = answer({ success: true } as const);

/** A peer or group message. */
export const toMessage = ({
  id,
  content,
  timestamp,
  sender,
  receiver,
  command,
}: QueuedMessage): Schemas['Message'] => ({
  id,
  content,
  timestamp,
  sender: sender as number,
  receiver,
  command: command as 4 | 8,
});

/** A system message or group notification, which nobody sent. */
export const toQueuedContent = ({ id, content, timestamp }: QueuedMessage): Schemas['QueuedContent'] => ({
  id,
  content,
  timestamp,
});

export const toClientGroup = (
  group: Pick<Selectable<GobelieveGroupsTable>, 'id' | 'master' | 'super' | 'name' | 'notice'>,
): Schemas['ClientGroup'] => ({
  id: group.id,
  master: group.master,
  super: group.super,
  name: group.name,
  notice: group.notice,
});

/** `name` is the user's own, `nickname` his name in the group. Facts, section 4, C15. */
export const toGroupMember = ({
  uid,
  name,
  nickname,
}: {
  uid: number;
  name: string | null;
  nickname: string;
}): Schemas['GroupMember'] => ({ uid, name: name ?? '', nickname });
