import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Addresses, noServer } from './addresses.ts';
import { contentRoot } from './content.ts';
import type { Language } from './page.ts';

/** A text beside a contract, in Markdown. */
export interface Document {
  kind: 'readings' | 'changelog' | 'guide';
  /** Of its folder in the site, below that of the API: `readings`, `guides/paging`. */
  path: string;
  title: string;
  markdown: string;
}

/** A part of a document that begins with a heading of the second level. */
export interface Section {
  /** The fragment of its address. */
  id: string;
  title: string;
  markdown: string;
}

/** What decides which guides a site has. */
export type Server = Pick<Addresses, 'server' | 'isSandbox'>;

/** Guides to what only a sandbox has. */
const ofSandbox = ['guides/sandbox', 'guides/mock'];

const withoutDemo = {
  zh: '> 这里的账号、令牌和编号属于沙箱的演示数据，这台服务器上没有，请换成自己的。',
  en: '> The accounts, tokens and ids here are of the demo data of a sandbox. This server does not have them: use your own.',
};

/** Reads the documents that an API has in one language, as the site of this server shows them. */
export async function readDocuments(
  api: string,
  language: Language,
  at: Server = noServer,
  root = contentRoot(),
): Promise<Document[]> {
  return Promise.all(
    Array.from(documentFiles(api, language, at, root), async ([path, file]): Promise<Document> => {
      const text = (await readFile(file, 'utf8')).replace(/^---\n.*?\n---\n/s, '').trimStart();
      const kind = path === 'readings' || path === 'changelog' ? path : 'guide';
      const markdown = kind === 'guide' && hasNoDemo(at) ? forProduction(text, language) : text;
      return { kind, path, title: /^# (.*)/.exec(markdown)?.[1] ?? path, markdown };
    }),
  );
}

/** Whether the server of a site is known and no sandbox. */
export const hasNoDemo = ({ server, isSandbox }: Server): boolean => server !== undefined && !isSandbox;

/** A guide without links to guides that are left out; one with demo data says that this server has none. */
function forProduction(markdown: string, language: Language): string {
  const text = markdown.replaceAll(/\[([^\]]+)\]\(\.\.\/(?:sandbox|mock)\/index\.html\)/g, '$1');
  const usesDemo = /demo-|@\w+\.example|Demo|d0{10}/.test(text);
  return usesDemo ? text.replace(/^# .*\n/, `$&\n${withoutDemo[language]}\n`) : text;
}

/**
 * The files of the guides, the readings and the changelog of an API by their paths in the site. Of two guides of the same
 * name, that of the API itself counts before that of all APIs.
 *
 * @param at the server of the site
 * @param root the folder that holds `openapi/`
 */
export function documentFiles(
  api: string,
  language: Language,
  at: Server = noServer,
  root = contentRoot(),
): Map<string, string> {
  const ending = language === 'zh' ? '.md' : `.${language}.md`;
  const home = join(root, 'openapi', api);
  const files = new Map<string, string>();
  for (const folder of [join(root, 'openapi', 'common', 'guides'), join(home, 'guides')])
    for (const name of guidesIn(folder, ending)) files.set(`guides/${name}`, join(folder, name + ending));
  if (hasNoDemo(at)) for (const path of ofSandbox) files.delete(path);
  for (const [path, name] of Object.entries({ readings: 'READINGS', changelog: 'CHANGELOG' })) {
    const file = join(home, name + ending);
    if (existsSync(file)) files.set(path, file);
  }
  return files;
}

/** Others follow. */
const order = [
  'first-request',
  'oauth',
  'two-step',
  'errors',
  'paging',
  'events',
  'files',
  'limits',
  'mock',
  'sandbox',
  'verify',
  'migration',
  'production',
];

export const chapters = { zh: { guides: '指南', evidence: '证据' }, en: { guides: 'Guides', evidence: 'Evidence' } };

/** The guides of an API in the order in which readers need them. */
export async function readGuides(
  api: string,
  language: Language,
  at: Server = noServer,
  root = contentRoot(),
): Promise<Document[]> {
  const guides = (await readDocuments(api, language, at, root)).filter(({ kind }) => kind === 'guide');
  const place = ({ path }: Document) => [...order, path.slice('guides/'.length)].indexOf(path.slice('guides/'.length));
  return guides.sort((a, b) => place(a) - place(b));
}

/** The guides of an API as a chapter of its reference, in Markdown, with the way to the evidence. Empty without guides. */
export async function describeGuides(api: string, language: Language, at: Server, root: string): Promise<string> {
  const guides = await readGuides(api, language, at, root);
  if (guides.length === 0) return '';
  const { guides: title, evidence } = chapters[language];
  const links = [
    ...guides.map(({ path, title }) => `[${title}](${path}/index.html)`),
    `[${evidence}](evidence/index.html)`,
  ];
  return `# ${title}\n\n${links.join(' · ')}`;
}

function guidesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).flatMap((file) => (file.endsWith(ending) ? file.slice(0, -ending.length) : []));
  // `paging.en` is a file of another language.
  return names.filter((name) => !name.includes('.')).sort();
}

/** The sections of a document. Headings inside code blocks are text. */
export function sectionsOf(markdown: string): Section[] {
  const sections: Section[] = [];
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (/^(```|~~~)/.test(line)) isCode = !isCode;
    const title = isCode ? undefined : /^## (.*)/.exec(line)?.[1]?.trim();
    if (title !== undefined) sections.push({ id: fragmentOf(title), title, markdown: '' });
    else {
      const last = sections.at(-1);
      if (last) last.markdown += `${line}\n`;
    }
  }
  return sections.map((section) => ({ ...section, markdown: section.markdown.trim() }));
}

/** The fragment of a heading: that of a reading is its number, `t-12`. */
export function fragmentOf(title: string): string {
  const words = title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return /^[a-z]-\d+/.exec(words)?.[0] ?? words.replaceAll(/^-|-$/g, '');
}
