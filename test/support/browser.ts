/** A form of a page. */
export interface Form {
  method: 'GET' | 'POST';
  /** Absolute. */
  action: string;
  /** Hidden fields and defaults: what an unchanged form sends. */
  fields: Record<string, string>;
  /** The names of the other fields, and of buttons. */
  names: string[];
}

/** The page that the browser shows, or the URL on another origin to which it was redirected. */
export interface Page {
  url: URL;
  status: number;
  headers: Headers;
  html: string;
  forms: Form[];
  /** The browser was redirected to another origin, from which nothing was fetched. */
  foreign: boolean;
  /** Every URL of the redirects, with the last one. */
  history: string[];
}

interface Cookie {
  name: string;
  value: string;
  path: string;
}

/**
 * A browser without scripts, styles and history: it keeps cookies, finds and sends forms, and follows redirects within
 * its origin. As in real browsers, line breaks in form values are sent as CRLF.
 */
export class Browser {
  readonly origin: string;
  readonly headers: Record<string, string>;
  cookies: Cookie[] = [];
  /** The Set-Cookie lines of all responses so far. */
  readonly setCookies: string[] = [];

  /** @param headers sent with every request */
  constructor(origin: string, headers: Record<string, string> = {}) {
    this.origin = new URL(origin).origin;
    this.headers = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', ...headers };
  }

  visit(url: string): Promise<Page> {
    return this.go(new URL(url, this.origin), {});
  }

  /**
   * Sends a form with its hidden fields. `fields` are the values that a person enters and the button that is pressed.
   * Throws when the form has no such field.
   */
  submit(form: Form | undefined, fields: Record<string, string> = {}): Promise<Page> {
    if (form === undefined) throw new Error('There is no such form');
    for (const name of Object.keys(fields)) {
      if (!(name in form.fields) && !form.names.includes(name)) throw new Error(`The form has no field ${name}`);
    }
    return this.post(form, { ...form.fields, ...fields });
  }

  /** Sends exactly these fields to the action of a form, as a forged form would. */
  post({ action, method }: Pick<Form, 'action' | 'method'>, fields: Record<string, string>): Promise<Page> {
    const body = new URLSearchParams(
      Object.entries(fields).map(([name, value]) => [name, value.replace(/\r\n|\r|\n/g, '\r\n')]),
    );
    if (method === 'GET') return this.visit(`${action.split('?')[0]}?${body}`);
    return this.go(new URL(action, this.origin), { method: 'POST', body });
  }

  cookie(name: string): string | undefined {
    return this.cookies.find((cookie) => cookie.name === name)?.value;
  }

  private async go(start: URL, init: RequestInit): Promise<Page> {
    let url = start;
    let request = init;
    const history: string[] = [];
    for (let hops = 0; hops < 10; hops += 1) {
      history.push(url.href);
      const cookie = this.cookies
        .filter(({ path }) => path === '/' || url.pathname === path || url.pathname.startsWith(`${path}/`))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      const headers = { ...this.headers, ...(cookie !== '' && { cookie }) };
      const response = await fetch(url, { ...request, headers, redirect: 'manual' });
      for (const line of response.headers.getSetCookie()) this.keep(line);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null) {
        const html = await response.text();
        const { status, headers } = response;
        return { url, status, headers, html, forms: findForms(html, url), foreign: false, history };
      }
      await response.body?.cancel();
      url = new URL(location, url);
      request = {};
      if (url.origin !== this.origin || url.protocol === 'urn:') {
        history.push(url.href);
        return { url, status: response.status, headers: response.headers, html: '', forms: [], foreign: true, history };
      }
    }
    throw new Error(`Too many redirects: ${history.join(' → ')}`);
  }

  private keep(line: string): void {
    this.setCookies.push(line);
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    const attribute = (wanted: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute('path') ?? '/';
    this.cookies = this.cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    if (Number(attribute('max-age') ?? 1) > 0) this.cookies.push({ name, value: pair.slice(equals + 1), path });
  }
}

/** The visible text of a page. */
export const textOf = (html: string): string =>
  decode(html.replace(/<(style|script)[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

/** The content of the element with this id, or `undefined`. */
export function elementById(html: string, id: string): string | undefined {
  const match = new RegExp(`<(\\w+)[^>]*\\bid="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(html);
  return match === null ? undefined : decode(match[2] as string);
}

function findForms(html: string, page: URL): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes = '', content = '']) => {
    const { method = 'get', action = '' } = parseAttributes(attributes);
    const form: Form = {
      method: method.toUpperCase() === 'POST' ? 'POST' : 'GET',
      action: new URL(action === '' ? page : action, page).href,
      fields: {},
      names: [],
    };
    for (const [, tag, raw = ''] of content.matchAll(/<(input|button|textarea|select)\b((?:[^>"]|"[^"]*")*)>/g)) {
      const { name, type, value } = parseAttributes(raw);
      if (name === undefined) continue;
      if (tag === 'input' && (type === 'hidden' || value !== undefined)) form.fields[name] = value ?? '';
      else form.names.push(name);
    }
    return form;
  });
}

function parseAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [
    name,
    decode(value),
  ]);
  return Object.fromEntries(pairs);
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Decodes entities; line breaks and NUL follow the parsing rules of HTML. */
const decode = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\0', '\uFFFD')
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return hex !== undefined ? String.fromCodePoint(Number.parseInt(hex, 16)) : (named[name] ?? whole);
    });
