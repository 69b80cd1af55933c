import type { Database, Transaction } from '../../database/open.ts';
import { prepare } from '../../database/prepare.ts';
import { UcenterError } from './errors.ts';

/** A field of the catalogue with the user's value, or null when the user has filled in none (U-26). */
export interface Detail {
  name: string;
  title: string;
  value: string | null;
}

/** Every field of the catalogue, in its order. */
export const listDetails = (database: Database | Transaction, userId: number): Promise<Detail[]> =>
  findDetails(database, { userId });

const findDetails = prepare((database, { userId }: { userId: number }) =>
  database
    .selectFrom('ucenter_fields as field')
    .leftJoin('ucenter_details as detail', (join) =>
      join.onRef('detail.name', '=', 'field.name').on('detail.user_id', '=', userId),
    )
    .select(['field.name', 'field.title', 'detail.value'])
    .orderBy('field.position')
    .orderBy('field.name'),
);

/**
 * Writes the values of fields of the catalogue and ignores other names.
 *
 * @returns false when no value differs
 * @throws UcenterError notText, tooLong
 */
export async function updateDetails(
  trx: Transaction,
  userId: number,
  values: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const changed = (await listDetails(trx, userId)).filter(
    ({ name, value }) => values[name] !== undefined && values[name] !== (value ?? ''),
  );
  for (const { name } of changed) {
    const value = values[name];
    // The contract checks the document's fields only; operators can add others.
    if (typeof value !== 'string') throw new UcenterError('notText', { field: name });
    if (value.length > 255) throw new UcenterError('tooLong', { field: name });
    await trx
      .insertInto('ucenter_details')
      .values({ user_id: userId, name, value })
      .onConflict((conflict) => conflict.columns(['user_id', 'name']).doUpdateSet({ value }))
      .execute();
  }
  return changed.length > 0;
}
