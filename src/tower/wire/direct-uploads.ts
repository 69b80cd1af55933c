import type { components } from '../../../generated/tower.ts';
import type { RequestInfo } from '../../http/request.ts';
import { type Attfile, signFor } from '../model/attfiles.ts';
import { keyOf } from '../model/direct-uploads.ts';

type Schemas = components['schemas'];

/** The store of the original is Alibaba's OSS, which calls a name for its files a bucket. */
const BUCKET = 'tower';

/** The form of a direct upload, with the fields of a form for OSS (T-49). */
export function toDirectUpload(attfile: Attfile, request: RequestInfo): Schemas['DirectUpload'] {
  const key = keyOf(attfile);
  const url = `${request.baseUrl}/storage`;
  const policy = toBase64({
    expiration: new Date(attfile.expires_at).toISOString(),
    conditions: [
      { bucket: BUCKET },
      ['eq', '$key', key],
      ['content-length-range', attfile.byte_size, attfile.byte_size],
    ],
  });
  const callback = toBase64({
    callbackUrl: url,
    callbackHost: new URL(url).host,
    callbackBody:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of OSS
      'key=${object}&size=${size}&mimeType=${mimeType}&height=${imageInfo.height}&width=${imageInfo.width}' +
      `&filename=${encodeURIComponent(attfile.filename)}&attfile_guid=${attfile.id}`,
    callbackBodyType: 'application/x-www-form-urlencoded',
  });
  const Signature = signFor(attfile, 'form', policy);
  return { guid: attfile.id, directUpload: { OSSAccessKeyId: BUCKET, policy, Signature, url, callback, key } };
}

/** What the store of the original reports to Tower. */
export const toStoredFile = (attfile: Attfile): Schemas['StoredFile'] => ({
  attfile_guid: attfile.id,
  key: keyOf(attfile),
  filename: attfile.filename,
  size: attfile.byte_size,
  mimeType: attfile.content_type ?? '',
  width: attfile.width,
  height: attfile.height,
});

const toBase64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
