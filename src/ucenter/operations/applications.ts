import { rotateSecret } from '../../oauth/clients.ts';
import { requireAdmin } from '../model/access.ts';
import { DEVELOPER } from '../model/applications.ts';
import { profile } from '../profile.ts';
import { accept, type Operation } from '../wire/operation.ts';

export const rotateApplicationSecret: Operation<'rotateApplicationSecret'> = async ({ actor }, context) => {
  await requireAdmin(actor, context, [DEVELOPER]);
  const secret = await rotateSecret(context, profile, actor.clientId);
  return accept('获取新密钥成功', { client_id: actor.clientId, client_secret: secret });
};
