/** What stands in place of a secret. */
export const BLANK = '***';

const NAMES =
  '(?:[\\w-]*(?:password|passwd|secret)|[\\w-]*token|captcha|challenge|code_verifier|signature|qiyue-signature)';
const nameOfSecret = new RegExp(`^${NAMES}$`, 'i');
const nameOfHeader = /^(?:proxy-)?authorization$|^(?:set-)?cookie$|signature$|token$|^x-api-key$/i;
// `code` is a secret in addresses and requests, and the number or the name of an error in the body of an answer.
const inAddress = new RegExp(`([?&#](?:${NAMES}|code)=)[^&#\\s"'<>]+`, 'gi');
const inText = new RegExp(`(\\\\*"${NAMES}\\\\*"\\s*:\\s*\\\\*")(?:[^"\\\\]|\\\\(?!"))+`, 'gi');
const inPage = new RegExp(`(name="(?:${NAMES}|code)"[^>]*?\\svalue="|<output id="code">)[^"<]+`, 'gi');

/** A shorter value stands in too many places. */
const LEAST_LENGTH = 6;

/** Takes passwords, secrets, tokens, codes and cookies out of one exchange. */
export class Blanker {
  readonly #values = new Set<string>();

  /** The credentials in the headers of a request or an answer are blanked wherever else they stand. */
  headers(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value = '']) => {
        const blank = (one: string) => this.#header(name, one);
        return [name, Array.isArray(value) ? value.map(blank) : blank(value)];
      }),
    );
  }

  /** @param isRequest whether a `code` is one that proves something, and no error's */
  body(value: unknown, isRequest: boolean): unknown {
    if (typeof value === 'string') return this.#text(value, isRequest);
    if (Array.isArray(value)) return value.map((one) => this.body(one, isRequest));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const isSecret = nameOfSecret.test(name) || (isRequest && name.toLowerCase() === 'code');
        if (!isSecret || !(typeof member === 'string' || typeof member === 'number'))
          return [name, this.body(member, isRequest)];
        if (member === '') return [name, ''];
        this.#learn(String(member));
        return [name, BLANK];
      }),
    );
  }

  address(url: string): string {
    return url.replace(inAddress, (all, name: string) => {
      this.#learn(decode(all.slice(name.length)));
      return name + BLANK;
    });
  }

  /** Takes the values that were blanked so far out of all other places of a rendered exchange. */
  everywhere<T>(rendered: T): T {
    const values = [...this.#values].sort((one, other) => other.length - one.length);
    if (values.length === 0) return rendered;
    const visit = (value: unknown): unknown => {
      if (typeof value === 'string') return values.reduce((text, secret) => text.replaceAll(secret, BLANK), value);
      if (Array.isArray(value)) return value.map(visit);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, visit(member)]));
    };
    return visit(rendered) as T;
  }

  /** JSON in a string keeps its form; elsewhere only what looks like a secret is taken out. */
  #text(text: string, isRequest: boolean): string {
    if (/^\s*[[{]/.test(text)) {
      try {
        return JSON.stringify(this.body(JSON.parse(text), isRequest));
      } catch {
        // The beginning of a long text.
      }
    }
    return this.address(text)
      .replace(inText, (_all, start: string) => start + BLANK)
      .replace(inPage, (_all, start: string) => start + BLANK);
  }

  #header(name: string, value: string): string {
    if (!nameOfHeader.test(name)) return this.address(value);
    this.#learnHeader(name, value);
    return BLANK;
  }

  #learnHeader(name: string, value: string): void {
    if (/cookie$/i.test(name)) {
      const pairs = /^set-/i.test(name) ? [value.split(';', 1)[0] as string] : value.split(';');
      for (const pair of pairs) this.#learn(pair.slice(pair.indexOf('=') + 1).trim());
      return;
    }
    const [, scheme = '', credentials = value] = /^(\w+)\s+(\S+)$/.exec(value) ?? [];
    this.#learn(credentials);
    if (scheme.toLowerCase() !== 'basic') return;
    const [, secret = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
    this.#learn(secret);
  }

  #learn(value: string): void {
    if (value.length >= LEAST_LENGTH) this.#values.add(value);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
