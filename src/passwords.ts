import type { Config } from './config.ts';
import { hmacSha256, randomHex } from './secrets.ts';

/** Hashes passwords and client secrets with argon2id, and checks them. */
export interface Passwords {
  /** Slow. Functions named `prepare…` hash, and run before the transaction that inserts what they return. */
  hash(password: string): Promise<string>;
  /**
   * Compares a password with its hash. Without a hash (no such account) the result is false and takes as long, so that
   * the duration does not reveal which accounts exist.
   */
  verify(hash: string | null | undefined, password: string): Promise<boolean>;
  /** `verify` for client secrets, with a memory: a client sends its secret with every request. */
  verifySecret(hash: string | undefined, secret: string): Promise<boolean>;
  /**
   * Whether `verifySecret` has verified this pair before.
   *
   * @param digest a digest of `digestSecret`, which proves it after a restart
   */
  wasVerified(hash: string, secret: string, digest?: string | null): boolean;
  /** A digest of a client secret that is useless without `SECRET_KEY`; null when there is no such key. */
  digestSecret(hash: string, secret: string): string | null;
}

/** OWASP's parameters: 19 MiB, two passes. */
const STRONG = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** For data that are not worth guessing. */
const CHEAP = { memoryCost: 256, timeCost: 1, parallelism: 1 };

const MOST_REMEMBERED = 10_000;

/** @param options.sandbox makes hashes that cost next to nothing: starts and tests make many of them */
export function createPasswords({ sandbox, secretKey }: Pick<Config, 'sandbox' | 'secretKey'>): Passwords {
  // Loaded with the first password: the server starts faster.
  const argon2 = () => import('@node-rs/argon2');
  let decoy: Promise<string> | undefined;
  const verified = new Set<string>();
  const digestKey = secretKey ?? randomHex(32);
  const digestOf = (hash: string, secret: string) => hmacSha256(digestKey, `client secret:${hash}:${secret}`);

  const passwords: Passwords = {
    hash: async (password) => (await argon2()).hash(password, sandbox ? CHEAP : STRONG),
    async verify(hash, password) {
      const { verify } = await argon2();
      if (hash) return verify(hash, password);
      decoy ??= passwords.hash(randomHex(16));
      await verify(await decoy, password);
      return false;
    },
    async verifySecret(hash, secret) {
      if (!(await passwords.verify(hash, secret))) return false;
      if (verified.size >= MOST_REMEMBERED) verified.clear();
      verified.add(digestOf(hash as string, secret));
      return true;
    },
    wasVerified(hash, secret, known) {
      const digest = digestOf(hash, secret);
      return digest === known || verified.has(digest);
    },
    digestSecret: (hash, secret) => (secretKey === undefined ? null : digestOf(hash, secret)),
  };
  return passwords;
}
