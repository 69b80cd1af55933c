import type { TableOwner } from '../../database/owner.ts';
import { migrations } from './migrations.ts';

export const filesTables: TableOwner = { name: 'files', migrations };
