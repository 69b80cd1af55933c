import { type Html, html } from '../html.ts';
import type { Frame } from './frame.ts';
import type { Language, Page } from './page.ts';
import { duties, protections, weaknesses } from './security-texts.ts';

const words = {
  zh: {
    title: '安全',
    lead: '这个服务器自己保护什么，四份文档要求了哪些不牢靠的做法、怎样关掉它们，运营者还要做什么。所有变量见 README。',
    protections: '自己保护的',
    weaknesses: '文档要求的薄弱之处',
    notice: '原有的客户端依赖这些做法，所以默认照文档。',
    columns: ['接口', '文档的要求', '风险', '怎样关掉'],
    duties: '运营者要做的',
    report: '发现漏洞，请按 SECURITY.md 私下报告。',
  },
  en: {
    title: 'Security',
    lead: 'What this server protects by itself, what the four documents prescribe that is weak and how to switch it off, and what operators do. The README lists all variables.',
    protections: 'Protected',
    weaknesses: 'Weak, and prescribed by a document',
    notice: 'Existing clients depend on these, so the defaults follow the documents.',
    columns: ['API', 'The document', 'Risk', 'How to switch it off'],
    duties: 'For operators',
    report: 'Report a vulnerability in private, as SECURITY.md says.',
  },
};

/** The page for operators. */
export async function securityPage(language: Language, frame: Frame): Promise<Page> {
  const text = words[language];
  const list = (items: readonly Readonly<Record<Language, string>>[]) =>
    html`<ul>${items.map((item) => html`<li>${withCode(item[language])}</li>`)}</ul>`;
  const row = ({ apis, ...cells }: (typeof weaknesses)[number]) =>
    html`<tr><th scope="row">${apis}</th>${[cells.what, cells.risk, cells.remedy].map((cell) => html`<td>${withCode(cell[language])}</td>`)}</tr>`;
  const body = html`<h1>${text.title}</h1>
<p>${text.lead}</p>
<section class="card"><h2>${text.protections}</h2>${list(protections)}</section>
<section class="card"><h2>${text.weaknesses}</h2><p class="soft">${text.notice}</p>
<div class="scroll" tabindex="0"><table class="broad"><tr>${text.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>${weaknesses.map(row)}</table></div></section>
<section class="card"><h2>${text.duties}</h2>${list(duties)}</section>
<p class="soft">${text.report}</p>`;
  return frame({ language, folders: { zh: 'security', en: 'security/en' }, title: text.title }, body);
}

/** Texts in backticks as code. */
const withCode = (text: string): (Html | string)[] =>
  text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
