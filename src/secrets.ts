import { createCipheriv, createDecipheriv, createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Random bytes in lower-case hex, two digits for each byte. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A code of `digits` decimal digits that does not begin with 0. */
export const randomDigits = (digits: number): string => String(randomInt(10 ** (digits - 1), 10 ** digits));

/** SHA-256 in lower-case hex. The database keeps tokens and codes as this hash. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

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

// Loaded with the first password: the server starts faster.
const argon2 = () => import('@node-rs/argon2');

/** argon2id with OWASP's parameters (19 MiB, two passes). The database keeps passwords and client secrets as this hash. */
export async function hashPassword(password: string): Promise<string> {
  return (await argon2()).hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
}

/**
 * Compares a password with its hash. Without a hash (no such account) the result is false and takes as long, so that the
 * duration does not reveal which accounts exist.
 */
export async function verifyPassword(hash: string | null | undefined, password: string): Promise<boolean> {
  const { verify } = await argon2();
  if (hash) return verify(hash, password);
  decoy ??= hashPassword(randomHex(16));
  await verify(await decoy, password);
  return false;
}

let decoy: Promise<string> | undefined;

// argon2 is slow, and a client sends its secret with every request: secrets that were verified are remembered. The
// digest has a key of this process, so it is useless elsewhere.
const verified = new Set<string>();
const digestKey = randomHex(32);
const digestOf = (hash: string | null, secret: string) => sha256(`${digestKey}:${hash}:${secret}`);

/** Whether `verifySecret` has verified this pair before. */
export const wasVerified = (hash: string | null, secret: string): boolean => verified.has(digestOf(hash, secret));

/** `verifyPassword` for client secrets, with a memory. Passwords are not remembered. */
export async function verifySecret(hash: string | undefined, secret: string): Promise<boolean> {
  if (!(await verifyPassword(hash, secret))) return false;
  if (verified.size >= 10_000) verified.clear();
  verified.add(digestOf(hash as string, secret));
  return true;
}
