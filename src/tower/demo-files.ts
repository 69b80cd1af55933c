import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { keepFile } from '../files/files.ts';
import { contentOf } from '../files/store.ts';
import { md5, randomHex } from '../secrets.ts';
import { demoId, demoMemberId } from './demo-plan.ts';

/** Files of the first project, in the order of its uploads. */

interface DemoFile {
  name: string;
  type: string;
  bytes: Uint8Array;
  /** The place of the member that uploaded it. */
  by: number;
  daysAgo: number;
  width?: number;
  height?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The draft of a page. */
const DRAFT =
  'iVBORw0KGgoAAAANSUhEUgAAAoAAAAFoBAMAAAA1HFdiAAAAD1BMVEXL1eD09vgrbLAtN0igrsCdPCH2AAAACXBIWXMAAAsTAAAL' +
  'EwEAmpwYAAACG0lEQVR42u3bQQ2AQAxFwVrAQi1gAf+aVgHh0ITSZZ6CzRx/upEqFQgAAgQIUAABAgQogAABAhRAgAABCiBAgAAF' +
  'ECBAgAIIECBAAQQIEKAAAgQIUAABAgQogAABAgQogI2Ah0oBBAgQIEABBAgQoAACBAhQAAECBCiAAAECFECAAAEKIECAAAUQIECA' +
  'AggQIEABBAgQoO4Az/YeHt0UQIAAAQIECBAgQIAAAQIECBAgQIAAAQIECBAgQIAAAQIECBAgQIAAAQIECBAgQIAAZwJ+/rAbIECA' +
  'AAECBAgQIECAAAECBAgQIECAAAECBAgQIECAAAGWAK9XAwgQIECAAAECBAgQIECAAAEC/DugOQsgQIAAAQIECBAgQIAAAbpMMCYA' +
  'BAgQIECAAAECBAgQIECAAAGaswACBAgQIECAAAECBAgQIECAAAECBAgQIECAAAECBAgQIECAAAECBAhwFmAWAggQIECAAAECBAgQ' +
  'IECAAAECBAgQIECAAAECBAgQIECAAAECBAgQIECAAAECBAgQIECAAAECBOijDUCAAAECBAgQIECAAAECBAgQIECAAAECBAgQIECA' +
  'AAECBAgQIECAAAECFECAAAEKIECAAAEKIECAAAUQIECAAggQIEABBAgQoAACBAhQAAECBCiAAAECFECAAAEKIECAAAUQIECAAAUQ' +
  'IECAAggQIEABBAgQoAACBAhQAAEC3L4FfswYuExUl9kAAAAASUVORK5CYII=';

const files: readonly DemoFile[] = [
  { name: '需求说明.txt', type: 'text/plain', bytes: Buffer.from('新官网的首屏只讲一件事。\n'), by: 0, daysAgo: 20 },
  {
    name: '首页视觉稿.png',
    type: 'image/png',
    bytes: Buffer.from(DRAFT, 'base64'),
    by: 4,
    daysAgo: 15,
    width: 640,
    height: 360,
  },
];

/** A file whose bytes are stored. */
export type StoredDemoFile = DemoFile & { key: string };

/** Stores the bytes, before the transaction that refers to them. */
export const storeDemoFiles = (context: Pick<Context, 'files'>): Promise<StoredDemoFile[]> =>
  Promise.all(
    files.map(async (file) => ({
      ...file,
      key: await context.files.put(contentOf(file.bytes), { type: file.type }),
    })),
  );

/**
 * Adds the files to a project.
 *
 * @param lastWideId the last number in the team
 * @returns the last number afterwards
 */
export async function insertDemoFiles(
  trx: Transaction,
  stored: readonly StoredDemoFile[],
  { team_id, project_id, lastWideId }: { team_id: string; project_id: string; lastWideId: number },
  now: number,
): Promise<number> {
  for (const [index, { key, name, type, bytes, by, daysAgo, width = null, height = null }] of stored.entries()) {
    const created_at = now - daysAgo * DAY_MS;
    const [id, attfile_id] = [demoId('80', index + 1), demoId('90', index + 1)];
    const common = { team_id, creator_id: demoMemberId(by), created_at };
    await keepFile(trx, key);
    await trx
      .insertInto('tower_attfiles')
      .values({
        ...common,
        id: attfile_id,
        filename: name,
        byte_size: bytes.length,
        md5: md5(bytes),
        content_type: type,
        width,
        height,
        file_id: key,
        stored_at: created_at,
        expires_at: created_at,
        target_type: 'upload',
        target_id: id,
        signing_key: randomHex(32),
      })
      .execute();
    await trx
      .insertInto('tower_uploads')
      .values({
        ...common,
        id,
        project_id,
        attfile_id,
        name,
        description: name,
        team_wide_id: lastWideId + index + 1,
        updated_at: created_at,
      })
      .execute();
  }
  return lastWideId + stored.length;
}
