import { createHash } from 'node:crypto';

/** HTML that is not escaped again. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

/** A template that escapes its values. Null, undefined and false become empty. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + show(values[index - 1]) + string));
}

function show(value: Part): string {
  if (value === null || value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(show).join('');
  return value instanceof Html ? value.text : escapeText(String(value));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] as string);

/** The style of every page: readable on a phone, light and dark, without external files. */
const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7e; --line: #dfe4ea; --paper: #fff; --ground: #f4f6f8; --accent: #1a5fd0; --bad: #b42318; --code: #eef1f5 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa7b8; --line: #2f3947; --paper: #171d26; --ground: #0e1319; --accent: #5b9bff; --bad: #ff8a80; --code: #212935 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
main { max-width: 26rem; margin: 0 auto; padding: 2rem 1rem 4rem }
main.wide { max-width: 60rem }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin-bottom: 1rem }
.scroll { overflow-x: auto }
.broad { min-width: 46rem }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem }
h2 { font-size: 1.1rem; margin: 0 0 .5rem }
p { margin: .5rem 0 }
.soft { color: var(--soft); font-size: .9rem }
.bad { color: var(--bad) }
label { display: block; margin: .9rem 0 .25rem; font-weight: 600; font-size: .9rem }
input, textarea { width: 100%; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit; font: inherit }
input[type=checkbox] { width: auto }
input:focus-visible, textarea:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
button, .button { display: inline-block; padding: .65rem 1.1rem; border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: #fff; font: inherit; font-weight: 600; cursor: pointer; text-decoration: none }
@media (prefers-color-scheme: dark) { button, .button { color: #08111f } }
button.quiet { background: transparent; color: var(--ink); border-color: var(--line) }
button.danger { background: transparent; color: var(--bad); border-color: var(--bad) }
[hidden] { display: none !important }
.actions { display: flex; gap: .75rem; margin-top: 1.25rem; flex-wrap: wrap }
a { color: var(--accent) }
code, pre, output { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; background: var(--code); border-radius: 6px; overflow-wrap: anywhere }
code, output { padding: .1rem .35rem }
pre code { padding: 0; background: none }
pre { padding: .75rem; overflow-x: auto; white-space: pre-wrap }
output { display: block; padding: .75rem; font-size: 1rem; user-select: all }
ul { padding-left: 1.2rem }
table { width: 100%; border-collapse: collapse; font-size: .9rem }
td, th { text-align: left; padding: .4rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top }
`;

/** The Content-Security-Policy source that allows one inline style or script. */
function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The Content-Security-Policy of a page: its own style, no scripts, no frames. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A whole document. `head` is added to the common head, for example a style; `header` stands before the main part. */
export function renderPage(page: {
  language: string;
  title: string;
  wide?: boolean;
  head?: Html;
  header?: Html;
  body: Html;
}): string {
  const { language, title, wide, head, header, body } = page;
  return `<!doctype html>
${html`<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(style)}</style>
${head}
</head>
<body>
${header}
<main${wide && new Html(' class="wide"')}>
${body}
</main>
</body>
</html>`}
`;
}

/** A style of one page. `inlinePolicy` allows it. */
export const inlineStyle = (text: string): Html => new Html(`<style>${text}</style>`);

/** A script of one page, for the end of the body. `inlinePolicy` allows it. */
export const inlineScript = (text: string): Html => new Html(`<script>${text}</script>`);

/** The Content-Security-Policy of a page with one style and one script of its own. The script can call this server. */
export function inlinePolicy(style: string, script: string): string {
  return `${pagePolicy.replace('style-src', `style-src ${hash(style)}`)}; script-src ${hash(script)}; connect-src 'self'`;
}

/** The Content-Security-Policy of a page with one style of its own and with script files of this server. */
export const filePolicy = (style: string): string =>
  `${pagePolicy.replace('style-src', `style-src ${hash(style)}`)}; script-src 'self'`;
