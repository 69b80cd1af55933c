import type { Client } from 'openapi-fetch';
import type { paths } from '../../generated/tower.ts';
import { readAnswer } from './answers.ts';
import { md5 } from './md5.ts';
import { type SendProgress, sendForm } from './upload.ts';

export interface TowerUploadOptions {
  /** Defaults to the name of a `File`, and to `file` for a `Blob`. */
  filename?: string | undefined;
  /** In browsers called while the file is sent, elsewhere once at the end. */
  onProgress?: ((progress: SendProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** What an upload needs of the client. */
interface Uploader {
  client: Pick<Client<paths>, 'POST'>;
  fetch: typeof globalThis.fetch;
  /** Makes the error of a rejected request. */
  toRejection(error: unknown, response: Response): Error;
  /** Makes the error of an answer that is not JSON. */
  toTowerError(answer: { problem: string; response: Response }): Error;
}

/** Reserves a place for a file, and sends the signed form with the file to the store. Returns the guid of the file. */
export async function uploadFile(
  { client, fetch, toRejection, toTowerError }: Uploader,
  teamId: string,
  file: Blob,
  { filename = file instanceof File ? file.name : 'file', onProgress, signal }: TowerUploadOptions,
): Promise<string> {
  const reservation = { filename, byte_size: file.size, md5: await md5(file, signal) };
  const { data, error, response } = await client.POST('/api/v1/teams/{team_id}/direct_uploads', {
    params: { path: { team_id: teamId } },
    body: reservation,
    signal: signal ?? null,
  });
  if (data === undefined) throw toRejection(error, response);
  const { url, ...fields } = data.directUpload;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  // The store takes the fields that come before the file.
  form.set('file', file, filename);
  const headers = new Headers({ Accept: 'application/json' });
  const answer = await sendForm(url, { headers, form, fetch, onProgress, signal });
  if (!answer.ok) {
    const { body, problem = '' } = await readAnswer(answer);
    throw body === undefined ? toTowerError({ problem, response: answer }) : toRejection(body, answer);
  }
  return data.guid;
}
