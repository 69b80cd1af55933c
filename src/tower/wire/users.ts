import type { components } from '../../../generated/tower.ts';
import type { User } from '../model/users.ts';
import { toTimestamp } from './document.ts';

export const toUser = (user: User): components['schemas']['User'] => ({
  id: user.id,
  type: 'users',
  attributes: {
    nickname: user.nickname,
    email: user.email,
    gavatar: user.gavatar,
    created_at: toTimestamp(user.created_at),
    updated_at: toTimestamp(user.updated_at),
  },
});
