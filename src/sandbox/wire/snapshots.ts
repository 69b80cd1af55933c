import type { Snapshot } from '../model/snapshots.ts';
import type { Schemas } from './operation.ts';

export const toSnapshot = ({ name, createdAt, isCurrent }: Snapshot): Schemas['Snapshot'] => ({
  name,
  created_at: new Date(createdAt).toISOString(),
  usable: isCurrent,
});
