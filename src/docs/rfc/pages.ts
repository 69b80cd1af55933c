import { type Html, html } from '../../html.ts';
import { projectRoot } from '../../root.ts';
import { table } from '../agents/table.ts';
import type { Frame } from '../frame.ts';
import { repositoryUrl } from '../handlers.ts';
import { createPage, type Language, type Page } from '../page.ts';
import { type Requirement, type Status, statuses } from './requirement.ts';
import { type Standard, standards } from './requirements.ts';
import { texts } from './texts.ts';

/** The pages about OAuth's standards, as HTML and as Markdown, by their paths. English is at two addresses. */
export function rfcPages(frame: Frame): Map<string, () => Promise<Page>> {
  const places = [
    ['zh', 'rfc', 'rfc/en'],
    ['en', 'rfc', 'rfc/en'],
    ['en', 'rfc', 'en/rfc'],
  ] as const;
  return new Map(
    places.flatMap(([language, zh, en]) => {
      const folders = { zh, en };
      return [
        [`${folders[language]}/index.html`, () => rfcPage(language, folders, frame)],
        [`${folders[language]}.md`, async () => createPage('md', rfcMarkdown(language))],
      ] as const;
    }),
  );
}

const style =
  'td:first-child, td:nth-child(2), td:nth-child(4) { white-space: nowrap } td:last-child { overflow-wrap: anywhere }';

function rfcPage(language: Language, folders: Record<Language, string>, frame: Frame): Promise<Page> {
  const text = texts[language];
  const repository = repositoryUrl(projectRoot());
  const file = (path: string) => {
    const code = html`<code>${path}</code>`;
    return repository === undefined ? code : html`<a href="${repository}/blob/HEAD/${path}">${code}</a>`;
  };
  const proof = ({ reason, test, source }: Requirement) => {
    const [path, title] = splitTest(test);
    return [
      reason && html`<div>${withCode(reason[language])}</div>`,
      path !== undefined && html`<div>${file(path)} <span class="soft">${title}</span></div>`,
      source !== undefined && html`<div>${text.untested}${file(source)}</div>`,
    ];
  };
  const section = ({
    name,
    title,
    url,
    requirements,
  }: Standard) => html`<section class="card" id="${idOf(name)}"><h2><a href="${url}">${name}</a> · ${title}</h2>
<div class="scroll" tabindex="0"><table class="broad"><tr>${text.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
${requirements.map((one) => html`<tr><td>${one.section}</td><td>${one.level}</td><td>${withCode(one.text[language])}</td><td>${text.statuses[one.status]}</td><td>${proof(one)}</td></tr>`)}</table></div></section>`;
  const body = html`<h1>${text.title}</h1>
<p>${text.lead}</p><p class="soft">${text.note}</p>
<section class="card"><div class="scroll" tabindex="0"><table><tr><th scope="col">${text.standard}</th>${statuses.map((status) => html`<th scope="col">${text.statuses[status]}</th>`)}</tr>
${standards.map((one) => html`<tr><th scope="row"><a href="#${idOf(one.name)}">${one.name}</a></th>${statuses.map((status) => html`<td>${count(one, status)}</td>`)}</tr>`)}</table></div></section>
${standards.map(section)}`;
  return frame({ language, folders, title: text.title, style }, body);
}

function rfcMarkdown(language: Language): string {
  const text = texts[language];
  const counts = table(
    [text.standard, ...statuses.map((status) => text.statuses[status])],
    standards.map((one) => [one.name, ...statuses.map((status) => String(count(one, status)))]),
  );
  const proof = ({ reason, test, source }: Requirement) => {
    const [path, title] = splitTest(test);
    return [
      reason?.[language],
      path !== undefined && `\`${path}\` ${title}`,
      source !== undefined && `${text.untested}\`${source}\``,
    ]
      .filter(Boolean)
      .join(' ');
  };
  const sections = standards.map(({ name, title, url, requirements }) => {
    const rows = requirements.map((one) => [
      one.section,
      one.level,
      one.text[language],
      text.statuses[one.status],
      proof(one),
    ]);
    return `## [${name}](${url}) · ${title}\n\n${table(text.columns, rows)}`;
  });
  return `${[`# ${text.title}`, text.lead, text.note, counts, ...sections].join('\n\n')}\n`;
}

const count = ({ requirements }: Standard, status: Status): number =>
  requirements.filter((one) => one.status === status).length;

/** `<file> > <title>` in two. */
const splitTest = (test = ''): [path: string | undefined, title: string] => {
  const [, path, title = ''] = /^(\S+) > (.+)$/.exec(test) ?? [];
  return [path, title];
};

const idOf = (name: string): string => name.toLowerCase().replaceAll(' ', '-');

/** Texts in backticks as code. */
const withCode = (text: string): (Html | string)[] =>
  text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
