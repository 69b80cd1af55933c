import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { lazy } from '../lazy.ts';
import type { Store } from './store.ts';

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
    async write(key, bytes, type) {
      const { sdk, client } = await connect();
      await client.send(new sdk.PutObjectCommand({ ...where(key), Body: bytes, ContentType: type }));
    },
    async read(key) {
      const { sdk, client } = await connect();
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand(where(key)));
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
