import { extname } from 'node:path/posix';
import type { components, operations } from '../../../generated/tower.ts';
import { HttpError } from '../../errors.ts';
import type { RequestInfo } from '../../http/request.ts';
import { equalSecrets } from '../../secrets.ts';
import { type Attfile, signFor } from '../model/attfiles.ts';
import { keyOf } from '../model/direct-uploads.ts';
import { toMany, toOne, toTimestamp } from './document.ts';

type Schemas = components['schemas'];

const HOUR_MS = 60 * 60 * 1000;

/** How a file is downloaded (T-52). */
export type DownloadOptions = NonNullable<operations['getAttfile']['parameters']['query']>;

export type ToAttachment = (attfile: Attfile) => Schemas['Attachment'];

/** The view of attachments for one request: their addresses begin with its base URL and expire. */
export const attachmentView =
  (request: RequestInfo, now: number): ToAttachment =>
  (attfile) => ({
    id: attfile.id,
    type: 'attachments',
    attributes: {
      content_type: attfile.content_type ?? '',
      byte_size: attfile.byte_size,
      width: attfile.width,
      height: attfile.height,
      created_at: toTimestamp(attfile.created_at),
      filename: attfile.filename,
      icon_url: iconOf(attfile.filename),
      url: toAddress(request, attfile, {}, now),
    },
    relationships: { creator: toOne('members', attfile.creator_id) },
  });

/** A relationship to attachments. */
export const toAttachments = (attachments: readonly Attfile[]) =>
  toMany(
    'attachments',
    attachments.map(({ id }) => id),
  );

/**
 * The signed address of an attachment. All addresses of one hour are the same, so that browsers can cache the file; each
 * is valid for one to two hours.
 */
export function toAddress(request: RequestInfo, attfile: Attfile, options: DownloadOptions, now: number): string {
  const expires = String((Math.floor(now / HOUR_MS) + 2) * (HOUR_MS / 1000));
  const query = new URLSearchParams({ Expires: expires, Signature: sign(attfile, expires, options) });
  for (const name of optionNames) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  return `${request.baseUrl}/storage/${keyOf(attfile)}?${query}`;
}

/** Checks an address. @throws HttpError forbidden when it was not issued here, was changed or has expired */
export function requireSignedAddress(
  attfile: Attfile,
  { Expires, Signature, ...options }: DownloadOptions & { Expires: string; Signature: string },
  now: number,
): void {
  if (Number(Expires) * 1000 <= now || !equalSecrets(sign(attfile, Expires, options), Signature))
    throw new HttpError('forbidden', 'The address was not issued here, was changed or has expired');
}

const optionNames = ['filename', 'version', 'download', 'content_type'] as const;

const sign = (attfile: Attfile, expires: string, options: DownloadOptions): string =>
  signFor(attfile, 'address', JSON.stringify([expires, ...optionNames.map((name) => options[name] ?? null)]));

/** A sheet of paper with the extension on it. */
function iconOf(filename: string): string {
  const extension = /^\.([A-Za-z0-9]{1,4})$/.exec(extname(filename))?.[1] ?? '';
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32">' +
    '<path d="M6 2h14l6 6v22H6z" fill="#fff" stroke="#888"/>' +
    `<text x="16" y="22" font-size="9" text-anchor="middle" fill="#555">${extension.toUpperCase()}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
