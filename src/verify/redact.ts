import { createHash } from 'node:crypto';

/** Names of members, parameters and headers whose values are secret. */
const secretName =
  /^(authorization|cookie|set-cookie|x-.*-(token|key)|.*token|.*secret|.*password|code|code_verifier|.*signature|policy|csrf.*|session|qiyue_session|__host-qiyue_session|otp|customer_key)$/i;

/** Names that look like those of secrets, but hold none. */
const openName = /^(token_type|error_code|expired|.*_supported|.*_endpoint|max_.*|min_.*)$/i;

const MARK = '***';
/** Shorter values, such as a code of two digits, would be found everywhere. */
const MIN_LENGTH = 6;

const isSecretName = (name: string): boolean => secretName.test(name) && !openName.test(name);

/** `name=value` and `"name":"value"` in texts, for values that were never seen before. */
const named =
  /(?<![A-Za-z_-])(access_token|refresh_token|id_token|\w*token|\w*secret|\w*password|code|code_verifier|signature|csrf\w*|(?:__Host-)?qiyue_session|otp)(=|\\?"\s*:\s*\\?")([^&"\\;,\s']+)/gi;

/** Replaces the secrets that it has learned in texts. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | undefined;

  /** Learns a secret, with the forms in which it is sent. */
  add(secret: string): void {
    if (secret.length < MIN_LENGTH || this.#secrets.has(secret)) return;
    const md5 = createHash('md5').update(secret).digest('hex');
    const sha1 = createHash('sha1').update(secret).digest('hex');
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), md5, sha1])
      this.#secrets.add(form);
    this.#pattern = undefined;
  }

  /** Learns the values of members with secret names, however deep. */
  learn(value: unknown, name = ''): void {
    if (Array.isArray(value)) for (const one of value) this.learn(one, name);
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) this.learn(one, key);
    else if (typeof value === 'string' && isSecretName(name)) this.add(value);
  }

  text(text: string): string {
    this.#pattern ??= new RegExp(
      [...this.#secrets]
        .sort((a, b) => b.length - a.length)
        .map(escapeRegExp)
        .join('|') || '(?!)',
      'g',
    );
    return text
      .replace(this.#pattern, MARK)
      .replace(/\b(Basic|Bearer|OAuth) (?!\*)[A-Za-z0-9+/=._~-]{6,}/g, `$1 ${MARK}`)
      .replace(named, `$1$2${MARK}`);
  }
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
