import type { MediaType } from '../http/contract.ts';
import { bytesBody, type FileBody } from '../http/file-body.ts';
import type { AnyOutput } from '../http/operation.ts';
import { md5 } from '../secrets.ts';

const dataUrl = /^data:[^,]*;base64,/;

/** The output with bytes in place of an example that is a `data:` URL: so the contracts write files. */
export function withBytes(output: AnyOutput): AnyOutput {
  const { body } = output;
  if (typeof body !== 'string' || !dataUrl.test(body)) return output;
  return { ...output, body: Buffer.from(body.replace(dataUrl, ''), 'base64') };
}

/** The example of a download as a file, so that the mock answers range and conditional requests as the server does. */
export function toFileBody({ body, headers = {} }: AnyOutput): FileBody {
  const bytes = Buffer.from(body as string | Uint8Array);
  return bytesBody(bytes, { version: md5(bytes), modifiedAt: Date.parse(String(headers['Last-Modified'])) });
}

const types: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
  webp: 'image/webp',
};

/**
 * The Accept header by which Prism chooses the example of a download: the type that has the named example, or the caller's
 * if it names an offered type, otherwise the type of the extension in the address, if it is offered.
 */
export function acceptFile(
  accept: string,
  params: Record<string, unknown>,
  content: Readonly<Record<string, MediaType>>,
  example: string | undefined,
): string {
  const offered = Object.keys(content);
  if (example !== undefined) return offered.find((type) => example in (content[type]?.examples ?? {})) ?? accept;
  const name = String(Object.values(params).at(-1));
  const type = types[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''] ?? '';
  return offered.includes(type) && !offered.some((one) => accept.includes(one)) ? type : accept;
}
