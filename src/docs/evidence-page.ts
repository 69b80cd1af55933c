import { html } from '../html.ts';
import type { Api } from '../http/api.ts';
import { table } from './agents/table.ts';
import { type AnswerEvidence, axes, type OperationEvidence, readEvidence } from './evidence.ts';
import type { Frame } from './frame.ts';
import { createPage, folderOf, type Language, type Page } from './page.ts';

const words = {
  zh: {
    title: '证据',
    lead: '契约声明的每个回答（状态、媒体类型、错误号）各占一行：哪个测试在哪里真的得到了它，并核对过契约。几个方面并排，不相加；没有证明的留空。',
    axes: { sqlite: 'SQLite', postgresql: 'PostgreSQL', mock: '模拟服务', fuzz: '随机请求' },
    clients: '外部客户端',
    answer: '回答',
    proved: '已证明',
    of: ' / ',
    mark: '有',
    kinds: { quoted: '原文', inferred: '推断', extension: '扩展' } as Record<string, string>,
    note: '406、408、413、415、500、503 在到达操作之前就已决定，与数据库无关，只在 SQLite 上证明。',
    names: '测试的名字在 `generated/evidence.json`。',
    mutation: (score: number, survivors: number) =>
      `变异测试：一部分代码被逐处改动，${score} % 的改动有测试发现；其余的改动在 ${survivors} 处，各有理由，见 generated/evidence.json。`,
  },
  en: {
    title: 'Evidence',
    lead: 'Each answer that the contract declares (status, media type, error number) has a row: which test has received it where, and checked it against the contract. The axes stand side by side and are never summed; what is not proved is blank.',
    axes: { sqlite: 'SQLite', postgresql: 'PostgreSQL', mock: 'mock', fuzz: 'odd requests' },
    clients: 'foreign clients',
    answer: 'Answer',
    proved: 'Proved',
    of: ' of ',
    mark: 'yes',
    kinds: { quoted: 'quoted', inferred: 'inferred', extension: 'extension' } as Record<string, string>,
    note: '406, 408, 413, 415, 500 and 503 are decided before the operation is reached, whatever the database; they are proved on SQLite alone.',
    names: 'The names of the tests are in `generated/evidence.json`.',
    mutation: (score: number, survivors: number) =>
      `Mutation: parts of the code were changed, one place at a time. Tests noticed ${score} % of the changes; generated/evidence.json names the ${survivors} places of the others, each with a reason.`,
  },
};

/** Names of operations and addresses are long words. */
const style = 'h2, p { overflow-wrap: anywhere }';

/** The page that says of each answer of an API which tests have received it. */
export async function evidencePage(api: Api, language: Language, frame: Frame): Promise<Page> {
  const text = words[language];
  const { operations, mutation } = await evidenceOf(api, language);
  const head = columns(language).map((column) => html`<th scope="col">${column}</th>`);
  const counts = countsOf(operations, language).map((count) => html`<td>${count}</td>`);
  const section = ({
    operation,
    source,
    answers,
  }: OperationEvidence) => html`<h2 id="${operation.toLowerCase()}">${operation}</h2>
<p class="soft">${sourceText(source, language)}</p>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">${text.answer}</th>${head}</tr></thead><tbody>${answers.map(
    (answer) =>
      html`<tr><th scope="row">${answerText(answer)}</th>${axes.map(
        (axis) =>
          html`<td>${answer[axis] !== undefined && html`<span title="${answer[axis]}">${text.mark}</span>`}</td>`,
      )}<td>${clientsText(answer)}</td></tr>`,
  )}</tbody></table></div>`;
  const folders = { zh: `${folderOf(api.name, 'zh')}/evidence`, en: `${folderOf(api.name, 'en')}/evidence` };
  const body = html`<h1>${text.title}</h1><p>${text.lead}</p><p class="soft">${text.note}</p><p class="soft">${mutation}</p>
<div class="card scroll" tabindex="0"><table><thead><tr><th scope="col">${text.proved}</th>${head}</tr></thead><tbody><tr><th scope="row">${api.name}</th>${counts}</tr></tbody></table></div>
${operations.map(section)}`;
  return frame({ language, folders, title: text.title, api: api.name, style }, body);
}

/** The same as Markdown. */
export async function evidenceMarkdown(api: Api, language: Language): Promise<Page> {
  const text = words[language];
  const { operations, mutation } = await evidenceOf(api, language);
  const head = columns(language);
  const sections = operations.map(({ operation, source, answers }) => {
    const rows = answers.map((answer) => [
      answerText(answer),
      ...axes.map((axis) => (answer[axis] === undefined ? '' : text.mark)),
      clientsText(answer),
    ]);
    return `## ${operation}\n\n${sourceText(source, language)}\n\n${table([text.answer, ...head], rows)}`;
  });
  const counts = table([text.proved, ...head], [[api.name, ...countsOf(operations, language)]]);
  const parts = [`# ${text.title}`, text.lead, text.note, text.names, mutation, counts, ...sections];
  return createPage('md', `${parts.filter(Boolean).join('\n\n')}\n`);
}

const columns = (language: Language): string[] => [
  ...axes.map((axis) => words[language].axes[axis]),
  words[language].clients,
];

/** The operations of an API, and a sentence about the mutation run; empty without one. */
async function evidenceOf({ name }: Api, language: Language) {
  const { operations, mutation } = await readEvidence();
  return {
    operations: operations.filter((one) => one.api === name),
    mutation: mutation === null ? '' : words[language].mutation(mutation.score, mutation.survivors.length),
  };
}

/** How many answers are proved, for each column. */
function countsOf(operations: readonly OperationEvidence[], language: Language): string[] {
  const answers = operations.flatMap((operation) => operation.answers);
  const provedBy = [
    ...axes.map((axis) => answers.filter((answer) => answer[axis] !== undefined)),
    answers.filter(({ clients }) => clients !== undefined),
  ];
  return provedBy.map(({ length }) => `${length}${words[language].of}${answers.length}`);
}

const clientsText = ({ clients = [] }: AnswerEvidence): string =>
  clients.map(({ name, version }) => `${name} ${version}`).join(', ');

const sourceText = (source: OperationEvidence['source'], language: Language): string =>
  source
    .map(({ kind, section }) => [words[language].kinds[kind] ?? kind, section].filter(Boolean).join(' · '))
    .join('; ');

const answerText = ({ status, code, media }: AnswerEvidence): string =>
  [status, code, media].filter((part) => part !== null).join(' · ');
