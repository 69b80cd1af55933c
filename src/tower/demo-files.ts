import type { Context } from '../context.ts';
import type { Transaction } from '../database/open.ts';
import { demoTime } from '../demo-time.ts';
import { keepFile } from '../files/files.ts';
import { contentOf } from '../files/store.ts';
import { md5 } from '../secrets.ts';
import { demoId, demoMemberId } from './demo-plan.ts';
import { demoSigningKey } from './demo-samples.ts';

/** Files of the first project: uploads in their order, then attachments. */

interface DemoFile {
  name: string;
  type: string;
  bytes: Uint8Array;
  /** The place of the member that uploaded it. */
  by: number;
  /** As in `demoTime`. */
  day: number;
  /** The todo or topic that it is attached to. An upload by default. */
  attachedTo?: { type: 'todo' | 'topic'; id: string };
  width?: number;
  height?: number;
}

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
  { name: '需求说明.txt', type: 'text/plain', bytes: Buffer.from('新官网的首屏只讲一件事。\n'), by: 0, day: -20 },
  {
    name: '首页视觉稿.png',
    type: 'image/png',
    bytes: Buffer.from(DRAFT, 'base64'),
    by: 4,
    day: -15,
    width: 640,
    height: 360,
  },
  { name: '值班表.txt', type: 'text/plain', bytes: Buffer.from('前半夜：陈默\n后半夜：赵磊\n'), by: 5, day: -1 },
  {
    name: '首屏.png',
    type: 'image/png',
    bytes: Buffer.from(DRAFT, 'base64'),
    by: 3,
    day: -5,
    // 搭建首页
    attachedTo: { type: 'todo', id: demoId('40', 10) },
    width: 640,
    height: 360,
  },
  {
    name: '首页配图.png',
    type: 'image/png',
    bytes: Buffer.from(DRAFT, 'base64'),
    by: 4,
    day: -1,
    // 首页用哪张图
    attachedTo: { type: 'topic', id: demoId('50', 3) },
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
  const attfiles = stored.map(({ key, name, type, bytes, by, day, attachedTo, width = null, height = null }, index) => {
    const created_at = demoTime(now, day, index + 30);
    return {
      id: demoId('90', index + 1),
      team_id,
      creator_id: demoMemberId(by),
      created_at,
      filename: name,
      byte_size: bytes.length,
      md5: md5(bytes),
      content_type: type,
      width,
      height,
      file_id: key,
      stored_at: created_at,
      expires_at: created_at,
      target_type: attachedTo?.type ?? ('upload' as const),
      target_id: attachedTo?.id ?? demoId('80', index + 1),
      signing_key: demoSigningKey(demoId('90', index + 1)),
    };
  });
  for (const { key } of stored) await keepFile(trx, key);
  await trx.insertInto('tower_attfiles').values(attfiles).execute();
  const uploads = attfiles
    .filter(({ target_type }) => target_type === 'upload')
    .map(({ id, team_id, creator_id, created_at, filename, target_id }, index) => ({
      id: target_id,
      team_id,
      creator_id,
      project_id,
      attfile_id: id,
      name: filename,
      description: filename,
      team_wide_id: lastWideId + index + 1,
      created_at,
      updated_at: created_at,
    }));
  await trx.insertInto('tower_uploads').values(uploads).execute();
  return lastWideId + uploads.length;
}
