import * as users from '../model/users.ts';
import { toDocument } from '../wire/document.ts';
import type { Operation } from '../wire/operation.ts';
import { toUser } from '../wire/users.ts';

export const getUser: Operation<'getUser'> = async ({ actor }, { database }) => ({
  status: 200,
  body: toDocument(toUser(await users.getUser(database, actor.userId))),
});
