import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  randomInt,
  timingSafeEqual,
} from 'node:crypto';

/** Random bytes in lower-case hex, two digits for each byte. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Random letters and digits. */
export const randomAlphanumeric = (length: number): string =>
  Array.from({ length }, () => alphanumerics[randomInt(alphanumerics.length)]).join('');

/** A code of `digits` decimal digits that does not begin with 0. */
export const randomDigits = (digits: number): string => String(randomInt(10 ** (digits - 1), 10 ** digits));

/** SHA-256 in lower-case hex. The database keeps tokens and codes as this hash. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** HMAC-SHA256 in lower-case hex. */
export const hmacSha256 = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('hex');

/** MD5 in lower-case hex, where a document requires it. It is not secure. */
export const md5 = (data: string | Uint8Array): string => createHash('md5').update(data).digest('hex');

/** SHA-1 in lower-case hex, where a document requires it. It is not secure. */
export const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');

/** Compares in constant time. */
export function equalSecrets(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());
}

/** Encrypts a text with AES-256-GCM. `key` is any text that is hard to guess. */
export function seal(key: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(key), nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Decrypts the text of `seal`. @throws Error when it was sealed with another key, or changed */
export function unseal(key: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(key), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString();
}

const sealingKey = (key: string) => createHash('sha256').update(key).digest();
