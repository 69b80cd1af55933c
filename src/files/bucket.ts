import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { lazy } from '../lazy.ts';
import type { Store } from './store.ts';

/** How often a request is sent before it fails. */
const ATTEMPTS = 3;

/**
 * Files in a bucket of S3, or of a service that speaks its protocol.
 *
 * @param url `s3://<key>:<secret>@<bucket>/<prefix>?endpoint=<url>&region=<region>`, key and secret percent-encoded.
 *   Without key and secret the SDK finds credentials itself; without an endpoint the service is Amazon's.
 * @param timeoutMs how long the service may be silent
 */
export function createBucket(url: string, timeoutMs: number): Store {
  const { hostname: Bucket, pathname, username, password, searchParams } = new URL(url);
  const prefix = pathname.replace(/^\/+|\/+$/g, '');
  const endpoint = searchParams.get('endpoint');
  const where = (key: string) => ({ Bucket, Key: prefix === '' ? key : `${prefix}/${key}` });

  // The library is large, so it is loaded with the first file.
  const connect = lazy(async () => {
    const sdk = await import('@aws-sdk/client-s3');
    const client: S3Client = new sdk.S3Client({
      region: searchParams.get('region') ?? 'us-east-1',
      // Few other services have a host name for each bucket, and not all support Amazon's newer checksums.
      maxAttempts: ATTEMPTS,
      // Without a logger the library writes to the console.
      logger: silent,
      ...(endpoint !== null && { endpoint, forcePathStyle: true }),
      requestHandler: { connectionTimeout: timeoutMs, socketTimeout: timeoutMs },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(username !== '' && {
        credentials: { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) },
      }),
    });
    return { sdk, client };
  });

  return {
    async write(key, content, type) {
      const { sdk, client } = await connect();
      const file = { ...where(key), ContentLength: content.size, ContentType: type };
      await repeat(() => client.send(new sdk.PutObjectCommand({ ...file, Body: content.stream() })));
    },
    async read(key, range) {
      const { sdk, client } = await connect();
      try {
        const { Body } = await client.send(
          new sdk.GetObjectCommand({ ...where(key), ...(range && { Range: `bytes=${range.start}-${range.end}` }) }),
        );
        return Body as Readable;
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return undefined;
        throw error;
      }
    },
    async remove(key) {
      const { sdk, client } = await connect();
      await client.send(new sdk.DeleteObjectCommand(where(key)));
    },
  };
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Repeats a request that had no answer, or that the service could not serve. The library repeats none that has a stream. */
async function repeat(send: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send();
      return;
    } catch (error) {
      const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 500;
      if (status < 500 || attempt === ATTEMPTS) throw error;
    }
  }
}
