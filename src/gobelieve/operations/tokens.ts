import * as tokens from '../model/tokens.ts';
import type { Operation } from '../wire/operation.ts';
import { answer } from '../wire/views.ts';

export const grantToken: Operation<'grantToken'> = async ({ body, actor }, context) => {
  const { uid, user_name: name, platform_id: platformId, device_id: deviceId } = body;
  const owner = { appid: actor.appid, uid, platformId, deviceId };
  return answer({ token: await tokens.grantToken(context, owner, name) });
};
