import type { Insertable } from 'kysely';
import type { Context } from '../context.ts';
import { contentOf } from '../files/store.ts';
import type { PpmessageFilesTable } from './database/tables.ts';
import { appUuid, demoId } from './demo-ids.ts';

/** The files that the messages of the demo data use. */

interface DemoFile {
  name: string;
  type: string;
  bytes: Uint8Array;
  width?: number;
  height?: number;
}

const base64 = (text: string) => Buffer.from(text, 'base64');

/** A book with a torn corner. */
const BOOK =
  'iVBORw0KGgoAAAANSUhEUgAAAPAAAAC0AgMAAADX8kl7AAAADFBMVEX07+YrbLAfToDAOSuQSyxnAAAAu0lEQVR42u3TwQnDMBBEUV9cYtBRpaia' +
  'XFyFS0oBgU0BYbSDlkCw/1zFO3zQbhtj7Ko7judDDwwGg8Hgv8HfD+ArYg6De+Zvg8G1q9pvg/kkYDAYDAaDwWAwGPwL3Cq4V/Co4CjgVsG9gkcFRwG3' +
  'eK/jHq91POJcx2nyBOfJE5wnT3CePMF5ssZGssZGssZGssZGssROssROssROssROssJWssJWssJWssJWssBessBessBessBeMmOsvA+kuCB3dKjVgwAAAABJRU' +
  '5ErkJggg==';

/** A receipt with a seal. */
const RECEIPT =
  'iVBORw0KGgoAAAANSUhEUgAAAMgAAADwAgMAAAA4H8PNAAAADFBMVEX///8zMzPAOSsAAAC3E/l3AAAA9klEQVR42u2WTRKCMAyFmS57lJ7GjffhKC47' +
  'PaWISGFEJ3k6DD/ft3Bc9NG8EJI0DQCcl+siFySnkAAArD1f3tmDBKhkV7lsVgJUMj0ZDlvJO5QAAAAAAAAAnJBQSrn5JOVB61HEXpLdl7iu6Zx0v8' +
  'njJj2f3wutceXBUWuPazhqjyy+AkrmnI0no9nMGE8wm6kHrZJQw0lG/zEv/f0uqY8ORskkmmBMWZp4Lt6EmVNWPtz4V8nMsu3FzBIbkSDZhsRfyet8' +
  'Ysq3L3QYoY8J3VLoyULnF+aLMsWEWSlMZGHuC9uFssMIm5Kwjylbn7BbKhsswC/cAe5HegD/n8L9AAAAAElFTkSuQmCC';

/** One empty page. */
const PAGE =
  'JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+ZW5kb2JqCjIgMCBvYmo8PC9UeXBlL1BhZ2VzL0tpZHNbMyAwIFJd' +
  'L0NvdW50IDE+PmVuZG9iagozIDAgb2JqPDwvVHlwZS9QYWdlL1BhcmVudCAyIDAgUi9NZWRpYUJveFswIDAgMjAwIDEwMF0vUmVzb3VyY2VzPDw+' +
  'Pj4+ZW5kb2JqCnhyZWYKMCA0CjAwMDAwMDAwMDAgNjU1MzUgZiAKMDAwMDAwMDAwOSAwMDAwMCBuIAowMDAwMDAwMDUyIDAwMDAwIG4gCjAwMDAw' +
  'MDAxMDEgMDAwMDAgbiAKdHJhaWxlcjw8L1NpemUgNC9Sb290IDEgMCBSPj4Kc3RhcnR4cmVmCjE3OAolJUVPRgo=';

/** A film without tracks. */
const FILM =
  'AAAAGGZ0eXBpc29tAAACAGlzb21tcDQyAAAAdG1vb3YAAABsbXZoZAAAAAAAAAAAAAAAAAAAA+gAAAPoAAEAAAEAAAAAAAAAAAAAAAABAAAAAAAAAAAA' +
  'AAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=';

/** A silent frame of MP3: 72 bytes for 72 ms. */
const SILENCE = Buffer.concat([Buffer.of(0xff, 0xe3, 0x18, 0xc0), Buffer.alloc(68)]);

export const RECORDING_SECONDS = 3;

const POLICY = `青禾书店的退换货说明

一、签收之后七天之内，书没有破损、没有笔迹的，可以无理由退货。
二、运输途中损坏的，请把破损的地方拍下来发给客服，我们补寄一本，原书不用寄回。
三、退款在收到退货之后两个工作日之内原路退回。
`;

const files = {
  book: { name: '破损的书角.png', type: 'image/png', bytes: base64(BOOK), width: 240, height: 180 },
  receipt: { name: '付款凭证.png', type: 'image/png', bytes: base64(RECEIPT), width: 200, height: 240 },
  returnForm: { name: '退货单.pdf', type: 'application/pdf', bytes: base64(PAGE) },
  invoice: {
    name: '开票信息.txt',
    type: 'text/plain',
    bytes: Buffer.from('单位：晨光小学\n项目：图书\n金额：1260 元\n'),
  },
  recording: {
    name: '语音.mp3',
    type: 'audio/mpeg',
    bytes: Buffer.concat(Array(Math.floor((RECORDING_SECONDS * 1000) / 72)).fill(SILENCE)),
  },
  film: { name: '书页脱胶.mp4', type: 'video/mp4', bytes: base64(FILM) },
  policy: { name: '退换货说明.txt', type: 'text/plain', bytes: Buffer.from(POLICY) },
} satisfies Record<string, DemoFile>;

export type FileName = keyof typeof files;

/** A file with its place: files have the same ids and keys in every sandbox. */
export function demoFile(name: FileName): DemoFile & { uuid: string; key: string } {
  const uuid = demoId('70', Object.keys(files).indexOf(name) + 1);
  return { ...files[name], uuid, key: uuid.replaceAll('-', '') };
}

/** Stores the bytes. */
export const storeDemoFiles = ({ files: store }: Pick<Context, 'files'>) =>
  Promise.all(
    (Object.keys(files) as FileName[]).map((name) => {
      const { key, bytes } = demoFile(name);
      return store.restore(key, contentOf(bytes));
    }),
  );

/** The row of a file that a message of this time uses. */
export function toFileRow(name: FileName, created_at: number): Insertable<PpmessageFilesTable> {
  const { uuid, key, name: fileName, type, bytes } = demoFile(name);
  return { uuid, app_uuid: appUuid, key, name: fileName, type, size: bytes.length, is_used: 1, created_at };
}
