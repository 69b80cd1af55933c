import { Readable } from 'node:stream';
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
    const options = {
      region: searchParams.get('region') ?? 'us-east-1',
      // Few other services have a host name for each bucket, and not all support Amazon's newer checksums.
      maxAttempts: ATTEMPTS,
      // Without a logger the library writes to the console.
      logger: silent,
      ...(endpoint !== null && { endpoint, forcePathStyle: true }),
      requestChecksumCalculation: 'WHEN_REQUIRED' as const,
      responseChecksumValidation: 'WHEN_REQUIRED' as const,
      ...(username !== '' && {
        credentials: { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) },
      }),
    };
    const connectionTimeout = timeoutMs;
    const client: S3Client = new sdk.S3Client({
      ...options,
      requestHandler: { connectionTimeout, socketTimeout: timeoutMs },
    });
    // `socketTimeout` would cut a download whose client is slow: nothing is read from the bucket in the meantime.
    const reader: S3Client = new sdk.S3Client({
      ...options,
      requestHandler: { connectionTimeout, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
    });
    return { sdk, client, reader };
  });

  return {
    async write(key, content, type) {
      const { sdk, client } = await connect();
      const file = { ...where(key), ContentLength: content.size, ContentType: type };
      await repeat(() => client.send(new sdk.PutObjectCommand({ ...file, Body: content.stream() })));
    },
    async read(key, range) {
      const { sdk, reader } = await connect();
      const Range = range && `bytes=${range.start}-${range.end}`;
      try {
        const { Body } = await reader.send(new sdk.GetObjectCommand({ ...where(key), Range }));
        return endSilence(Body as Readable, timeoutMs);
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

/** The same bytes. They fail when the bucket is silent while bytes are wanted, and wait for a slow client. */
function endSilence(body: Readable, timeoutMs: number): Readable {
  const wait = () => setTimeout(() => body.destroy(new Error(`The bucket was silent for ${timeoutMs} ms`)), timeoutMs);
  async function* chunks() {
    let timer = wait();
    try {
      for await (const chunk of body) {
        clearTimeout(timer);
        yield chunk;
        timer = wait();
      }
    } finally {
      clearTimeout(timer);
    }
  }
  return Readable.from(chunks(), { objectMode: false }).once('close', () => body.destroy());
}
