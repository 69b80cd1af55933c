import { rotateSecret } from '../../oauth/clients/clients.ts';
import { requireDeveloper } from '../model/access.ts';
import { profile } from '../profile.ts';
import { toSuccess } from '../wire/envelope.ts';
import type { Operation } from '../wire/operation.ts';

export const rotateApplicationSecret: Operation<'rotateApplicationSecret'> = async ({ actor }, context) => {
  await requireDeveloper(actor, context);
  const secret = await rotateSecret(context, profile, actor.clientId);
  return toSuccess('获取新密钥成功', { client_id: actor.clientId, client_secret: secret });
};
