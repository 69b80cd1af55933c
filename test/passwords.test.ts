import { describe, expect, it } from 'vitest';
import { createPasswords } from '../src/passwords.ts';

describe.each([
  ['in production: OWASP’s parameters', { sandbox: false, secretKey: undefined }, '$argon2id$v=19$m=19456,t=2,p=1$'],
  ['in the sandbox: cheap parameters', { sandbox: true, secretKey: undefined }, '$argon2id$v=19$m=256,t=1,p=1$'],
])('a hash %s', (_place, options, prefix) => {
  it('names them, and verifies the password and no other', async () => {
    const passwords = createPasswords(options);
    const hash = await passwords.hash('secret');
    expect(hash.startsWith(prefix)).toBe(true);
    expect(await passwords.verify(hash, 'secret')).toBe(true);
    expect(await passwords.verify(hash, 'Secret')).toBe(false);
    expect(await passwords.verify(undefined, 'secret')).toBe(false);
  });

  it('of a client secret is remembered with the right secret alone', async () => {
    const passwords = createPasswords(options);
    const hash = await passwords.hash('secret');
    expect(await passwords.verifySecret(hash, 'wrong')).toBe(false);
    expect(passwords.wasVerified(hash, 'wrong')).toBe(false);
    expect(passwords.wasVerified(hash, 'secret')).toBe(false);
    expect(await passwords.verifySecret(hash, 'secret')).toBe(true);
    expect(passwords.wasVerified(hash, 'secret')).toBe(true);
    expect(createPasswords(options).wasVerified(hash, 'secret')).toBe(false);
    expect(passwords.digestSecret(hash, 'secret')).toBe(null);
  });

  it('of a client secret is remembered after a restart by a digest with the secret key', async () => {
    const withKey = (secretKey: string) => createPasswords({ ...options, secretKey });
    const hash = await createPasswords(options).hash('secret');
    const digest = withKey('key').digestSecret(hash, 'secret');
    expect(withKey('key').wasVerified(hash, 'secret', digest)).toBe(true);
    expect(withKey('key').wasVerified(hash, 'wrong', digest)).toBe(false);
    expect(withKey('another key').wasVerified(hash, 'secret', digest)).toBe(false);
    expect(createPasswords(options).wasVerified(hash, 'secret', digest)).toBe(false);
  });
});
