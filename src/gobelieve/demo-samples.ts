import { limitOf } from '../config.ts';
import type { Context } from '../context.ts';
import { contentOf } from '../files/store.ts';
import type { DemoSamples } from '../http/demo-samples.ts';
import { md5 } from '../secrets.ts';
import { saveAudio, saveFile, saveImage } from './model/files.ts';

/** What the samples of the documentation use: the tokens of the demo people, the secret of their application, and files. */

/** One pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** One silent frame. */
const audio = Buffer.concat([Buffer.from('#!AMR\n'), Buffer.from([0x7c]), Buffer.alloc(31)]);
const text = Buffer.from('早上七点集合，从南门上山。\n');

export const samplesOf = ({ appid, appsecret }: { appid: number; appsecret: string }): DemoSamples => ({
  credential: ({ token }, scheme) => (scheme === 'server' ? `${appid}:${md5(appsecret)}` : String(token)),
  client: { appid, appsecret },
  fieldsOf: () => ({ appid }),
  signIn: {
    path: '/auth/grant',
    json: '{"uid":{{uid}}}',
    basic: 'server',
    token: ['data', 'token'],
    scheme: 'client',
    variables: { uid: '10001' },
  },
  requests: {
    getOfflineFlag: { parameters: { uid: 10002 } },
    leaveClientGroup: { as: 'member' },
    updateClientGroupMember: { as: 'member' },
    uploadImage: { file: 'picture' },
    uploadRawImage: { file: 'picture' },
    downloadImage: { parameters: { name: `${md5(picture)}.png` } },
    downloadAudio: { parameters: { name: md5(audio) } },
    downloadFile: { parameters: { name: `${md5(text)}.txt` } },
  },
});

/** Stores the files that the samples download, unless the app may have no files. Their names follow from their content. */
export async function storeSampleFiles(context: Context, appid: number): Promise<void> {
  const length = picture.length + audio.length + text.length;
  const limit = limitOf(context.config, 'GOBELIEVE_STORAGE_LIMIT') || Number.POSITIVE_INFINITY;
  if (limit < length) return;
  await saveImage(context, { appid, content: contentOf(picture) }, 'image/png');
  await saveAudio(context, { appid, content: contentOf(audio) });
  await saveFile(context, { appid, content: contentOf(text) }, '集合.txt');
}
