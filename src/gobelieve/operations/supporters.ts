import { chooseSupporter } from '../model/supporters.ts';
import type { Operation } from '../wire/operation.ts';
import { answer } from '../wire/views.ts';

export const getSupporter: Operation<'getSupporter'> = async ({ query, actor }, context) => {
  const { uid, name, avatar, isOnline } = await chooseSupporter(context, actor, query.store_id ?? query.store);
  return answer({ seller_id: uid, name, avatar, status: isOnline ? 'online' : 'offline' });
};
