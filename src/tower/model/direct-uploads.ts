import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { type Config, limitOf } from '../../config.ts';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../database/open.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { keepFile } from '../../files/files.ts';
import { sniffMediaType } from '../../files/media-types.ts';
import { cleanFileName } from '../../files/names.ts';
import type { Content } from '../../files/store.ts';
import { measurePicture, THUMBNAILS, thumbnailTurns } from '../../files/thumbnails.ts';
import { equalSecrets, randomHex } from '../../secrets.ts';
import { type Attfile, signFor } from './attfiles.ts';
import { newId } from './ids.ts';
import type { Caller } from './members.ts';
import { unusable } from './values.ts';

const HOUR_MS = 60 * 60 * 1000;

/** How long a form can be used. */
const FORM_LIFETIME_MS = 2 * HOUR_MS;
/** How long a stored file can wait to be attached. */
const UNUSED_LIFETIME_MS = 24 * HOUR_MS;

/** The types that have a width and a height, and smaller versions. */
const pictures: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/**
 * Reserves a place for a file (T-48).
 *
 * @param md5 32 hex digits, or Base64
 * @throws HttpError unprocessable_content for a file that is too large, and when the team has no room for it
 */
export async function reserveAttfile(
  caller: Caller,
  { filename, byteSize, md5 }: { filename: string; byteSize: number; md5: string },
  { clock, config, database }: Pick<Context, 'clock' | 'config' | 'database'>,
): Promise<Attfile> {
  if (byteSize > config.uploadLimit) throw unusable('/byte_size', `must not be larger than ${config.uploadLimit}`);
  return transact(database, async (trx) => {
    await takeRoom(trx, caller.team_id, byteSize, config);
    const now = clock.now();
    return trx
      .insertInto('tower_attfiles')
      .values({
        id: newId(now),
        team_id: caller.team_id,
        creator_id: caller.id,
        filename: cleanFileName(filename),
        byte_size: byteSize,
        md5: md5.length === 32 ? md5.toLowerCase() : Buffer.from(md5, 'base64').toString('hex'),
        content_type: null,
        width: null,
        height: null,
        file_id: null,
        stored_at: null,
        expires_at: now + FORM_LIFETIME_MS,
        target_type: null,
        target_id: null,
        signing_key: randomHex(32),
        created_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

/** Adds to a team's bytes, up to their limit. Reservations count too; two of them wait for each other. */
async function takeRoom(trx: Transaction, teamId: string, byteSize: number, config: Config): Promise<void> {
  const limit = limitOf(config, 'TOWER_STORAGE_LIMIT');
  const taken = await trx
    .updateTable('tower_teams')
    .set(({ eb }) => ({ attfile_bytes: eb('attfile_bytes', '+', byteSize) }))
    .where('id', '=', teamId)
    .$if(limit > 0, (team) => team.where('attfile_bytes', '<=', limit - byteSize))
    .executeTakeFirstOrThrow();
  if (taken.numUpdatedRows === 0n) throw unusable('/byte_size', `exceeds what is left of the team's ${limit} bytes`);
}

/** The name of a file in the store. */
export const keyOf = ({ team_id, id }: Attfile): string => `${team_id}/${id}`;

/**
 * The reservation that a form belongs to. A policy is signed for one reservation only, so it need not be read.
 *
 * @throws HttpError forbidden for a form that was not issued here, was changed or has expired
 */
export async function requireSignedForm(
  { key, policy, signature }: { key: string; policy: string; signature: string },
  { clock, database }: Pick<Context, 'clock' | 'database'>,
): Promise<Attfile> {
  const attfile = await database
    .selectFrom('tower_attfiles')
    .selectAll()
    .where('id', '=', key.split('/').at(-1) ?? '')
    .where('expires_at', '>', clock.now())
    .executeTakeFirst();
  if (attfile === undefined || keyOf(attfile) !== key || !equalSecrets(signFor(attfile, 'form', policy), signature))
    throw new HttpError('forbidden', 'The form was not issued here, was changed or has expired');
  return attfile;
}

/**
 * Stores the content of a reservation, once.
 *
 * @throws HttpError conflict when it is stored already; unprocessable_content for another size or MD5 than the reserved
 *   one; unavailable when too many pictures are read already
 */
export async function storeAttfile(
  attfile: Attfile,
  content: Content,
  context: Pick<Context, 'clock' | 'database' | 'files' | 'limits'>,
): Promise<Attfile> {
  const { clock, database, files } = context;
  if (attfile.stored_at !== null) throw used();
  if (content.size !== attfile.byte_size) throw unusable('/file', `must have ${attfile.byte_size} bytes`);
  if ((await md5Of(content)) !== attfile.md5) throw unusable('/file', 'must have the MD5 of the reservation');
  const type = await sniffMediaType(content);
  const { width = null, height = null } = (await measure(content, type, context)) ?? {};
  const key = await files.put(content, { type });
  try {
    return await transact(database, async (trx) => {
      const now = clock.now();
      const stored = await trx
        .updateTable('tower_attfiles')
        .set({
          file_id: key,
          content_type: type,
          width,
          height,
          stored_at: now,
          expires_at: now + UNUSED_LIFETIME_MS,
        })
        .where('id', '=', attfile.id)
        .where('stored_at', 'is', null)
        .returningAll()
        .executeTakeFirst();
      if (stored === undefined) throw used();
      await keepFile(trx, key);
      return stored;
    });
  } finally {
    await files.discard(key);
  }
}

const used = () => new HttpError('conflict', 'The form has been used');

async function md5Of(content: Content): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of content.stream() as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex');
}

/** A whole picture is in memory, so pictures take turns with thumbnails. */
const measure = async (content: Content, type: string, { limits }: Pick<Context, 'limits'>) =>
  pictures.includes(type)
    ? limits.inTurn(THUMBNAILS, async () => measurePicture(await buffer(content.stream())), thumbnailTurns)
    : undefined;
