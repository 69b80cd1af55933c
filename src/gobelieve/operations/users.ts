import { updateUserSettings } from '../model/users.ts';
import type { Operation } from '../wire/operation.ts';
import { toBoolean, toUid } from '../wire/spelling.ts';
import { done } from '../wire/views.ts';

export const updateUser: Operation<'updateUser'> = async ({ params, body, actor }, { database }) => {
  const { name, mute, forbidden, do_not_disturb: quiet } = body;
  await updateUserSettings(database, actor.appid, params.uid, {
    name,
    mute: toBoolean(mute),
    forbidden: toBoolean(forbidden),
    doNotDisturb: quiet && { peerUid: toUid(quiet.peer_uid), on: Boolean(quiet.on) },
  });
  return done;
};

export const patchUser: Operation<'patchUser'> = (input, context) => updateUser(input, context);
