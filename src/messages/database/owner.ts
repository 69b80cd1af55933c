import type { TableOwner } from '../../database/owner.ts';
import { deleteExpired } from './housekeeping.ts';
import { migrations } from './migrations.ts';

export const messagesTables: TableOwner = { name: 'messages', migrations, deleteExpired };
