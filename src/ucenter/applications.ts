import { rotateSecret } from '../oauth/clients/clients.ts';
import { requireAdmin } from './access.ts';
import { DEVELOPER } from './apps.ts';
import { accept, type Operation } from './operation.ts';
import { profile } from './profile.ts';

export const rotateApplicationSecret: Operation<'rotateApplicationSecret'> = async ({ actor }, context) => {
  await requireAdmin(actor, context, [DEVELOPER]);
  const secret = await rotateSecret(context, profile, actor.clientId);
  return accept('获取新密钥成功', { client_id: actor.clientId, client_secret: secret });
};
