import { createCipheriv, createDecipheriv, createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** `bytes` random bytes as lower-case hex digits, two for each. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A code of `digits` decimal digits that does not begin with 0. */
export const randomDigits = (digits: number): string => String(randomInt(10 ** (digits - 1), 10 ** digits));

/** SHA-256 in hex: how tokens and codes, which are random themselves, stand in the database. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** MD5 in lower-case hex, where a document asks for it: it protects nothing. */
export const md5 = (data: string | Uint8Array): string => createHash('md5').update(data).digest('hex');

/** SHA-1 in lower-case hex, where a document asks for it: it protects nothing. */
export const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');

/** Compares without telling by its duration where two texts differ. */
export function equalSecrets(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());
}

/** Encrypts a text that has to be readable again (AES-256-GCM). `key` is any text that is hard to guess. */
export function seal(key: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(key), nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** The text that `seal` encrypted. Throws when it was sealed with another key, or changed since. */
export function unseal(key: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(key), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString();
}

const sealingKey = (key: string) => createHash('sha256').update(key).digest();

// The library is loaded when the first password comes: a server without sign-ins starts faster.
const argon2 = () => import('@node-rs/argon2');

/** argon2id with OWASP's parameters (19 MiB, two passes): how passwords and client secrets stand in the database. */
export async function hashPassword(password: string): Promise<string> {
  return (await argon2()).hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
}

/**
 * Compares a password with its hash. Without a hash (no such account) it takes as long and answers false, so that the
 * duration does not tell which accounts exist.
 */
export async function verifyPassword(hash: string | null | undefined, password: string): Promise<boolean> {
  const { verify } = await argon2();
  if (hash) return verify(hash, password);
  decoy ??= hashPassword(randomHex(16));
  await verify(await decoy, password);
  return false;
}

let decoy: Promise<string> | undefined;

// argon2 is slow on purpose and a client shows its secret with every request: what was right once is remembered, as a
// digest that is worth nothing outside of this process.
const verified = new Set<string>();
const digestKey = randomHex(32);
const digestOf = (hash: string | null, secret: string) => sha256(`${digestKey}:${hash}:${secret}`);

/** Whether `verifySecret` has found these to belong together before. */
export const wasVerified = (hash: string | null, secret: string): boolean => verified.has(digestOf(hash, secret));

/** `verifyPassword` for the secrets of clients. Passwords are not remembered. */
export async function verifySecret(hash: string | undefined, secret: string): Promise<boolean> {
  if (!(await verifyPassword(hash, secret))) return false;
  if (verified.size >= 10_000) verified.clear();
  verified.add(digestOf(hash as string, secret));
  return true;
}
