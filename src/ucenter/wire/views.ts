import type { Selectable } from 'kysely';
import type { UcenterUsersTable } from '../database/tables.ts';
import type { Schemas } from './operation.ts';

/** A time in milliseconds as the document writes it: China's zone, without saying so. */
export const toTimestamp = (time: number): string =>
  new Date(time + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

/** `details` holds every field of the catalogue, in its order. */
export function toUser(
  { id, username, email, phone }: Selectable<UcenterUsersTable>,
  details: readonly { name: string; title: string; value: string | null }[],
): Schemas['User'] {
  return {
    user_id: id,
    username,
    email: email ?? '',
    phone: phone ?? '',
    details: Object.fromEntries(
      details.map(({ name, title, value }) => [name, { title, value: value ?? '' }]),
    ) as Schemas['UserDetails'],
  };
}
