import type { Api } from '../../http/api.ts';
import type { Contract } from '../../http/contract.ts';
import { projectRoot } from '../../root.ts';
import { addressedContract } from '../addressed-contract.ts';
import { type Addresses, withServer } from '../addresses.ts';
import { documentFiles, readDocuments, readGuides } from '../documents.ts';
import { describeHandler, repositoryUrl } from '../handlers.ts';
import { type JourneyStep, readJourneys } from '../journeys.ts';
import { createPage, type Language, type Page } from '../page.ts';
import { listOperations } from '../samples/example.ts';
import { samplesOf } from '../samples/samples.ts';
import { describeSocket, readSocket } from '../socket.ts';
import { operationMarkdown } from './operation.ts';
import { texts } from './texts.ts';

/**
 * The Markdown of an API: its overview, its operations and its documents, by their paths below its folder.
 *
 * @param samples the kinds of samples that the operations have; all by default
 */
export function markdownOf(
  api: Api,
  language: Language,
  addresses: Addresses,
  samples?: readonly string[],
): Map<string, () => Promise<Page>> {
  const read = () => addressedContract(api, language, addresses);
  const repository = repositoryUrl(projectRoot());
  const documents = [...documentFiles(api.name, language, addresses).keys()];
  const describe = (contract: Contract, id: string) => {
    const found = listOperations({ contract }).find(({ operation }) => operation.operationId === id);
    const own = samplesOf(api, id, addresses).filter(({ label }) => samples?.includes(label) ?? true);
    const described = { contract, ...(found as NonNullable<typeof found>) };
    const implementation = describeHandler(api.name, described.operation, repository, language);
    return operationMarkdown(described, { language, codeOf: api.faults?.codeOf, samples: own, implementation });
  };
  const pages = new Map<string, () => Promise<Page>>([
    ['index.md', async () => markdownPage(await overview(api.name, await read(), language, addresses))],
  ]);
  for (const { operation } of listOperations(api)) {
    const id = operation.operationId;
    pages.set(`${id}.md`, async () => markdownPage(describe(await read(), id)));
  }
  for (const path of documents)
    pages.set(`${path}.md`, async () => markdownPage(await readDocument(api.name, path, language, addresses)));
  return pages;
}

const markdownPage = (text: string): Page => createPage('md', text);

/** What holds for all operations of an API, and a list of everything below it. */
async function overview(name: string, contract: Contract, language: Language, addresses: Addresses): Promise<string> {
  const text = texts[language];
  const { title, description = '', version } = contract.info;
  const { servers = [] } = contract as { servers?: { url: string; description?: string }[] };
  const socket = readSocket(name, language);
  const groups = operationGroups(contract).map(
    ({ title: group, operations }) =>
      `### ${group}\n\n${operations.map(({ id, summary }) => `- [${id}](${id}.md): ${summary}`).join('\n')}`,
  );
  const links = await documentLinks(name, language, addresses);
  return [
    `# ${title} ${version}`,
    description,
    `## ${text.servers}\n\n${servers.map(({ url, description: what = '' }) => `- \`${url}\`: ${what}`).join('\n')}`,
    ...(socket ? [describeSocket(socket, language).replace(/^# /, '## ')] : []),
    `## ${text.operations}`,
    ...groups,
    `## ${text.more}\n\n${links.join('\n')}\n- [OpenAPI](openapi.json)`,
    '',
  ].join('\n\n');
}

interface OperationGroup {
  title: string;
  operations: { id: string; summary: string }[];
}

/** The operations of a contract by their tags. */
export function operationGroups(contract: Contract): OperationGroup[] {
  const operations = listOperations({ contract }).map(({ operation }) => operation);
  return (contract.tags ?? []).map((tag) => ({
    title: (tag as { 'x-displayName'?: string })['x-displayName'] ?? tag.name,
    operations: operations
      .filter(({ tags = [] }) => tags.includes(tag.name))
      .map(({ operationId: id, summary = '' }) => ({ id, summary })),
  }));
}

/**
 * Links to the guides of an API, in the order in which readers need them, and to its other documents.
 *
 * @param folder of the API, with a slash at its end
 */
export async function documentLinks(
  api: string,
  language: Language,
  addresses: Addresses,
  folder = '',
): Promise<string[]> {
  const text = texts[language];
  const guides = await readGuides(api, language, addresses);
  const others = (['readings', 'changelog', 'evidence'] as const).map((path) => ({ path, title: text[path] }));
  return [...guides.map(({ path, title }) => ({ path, title: text.guide + title })), ...others].map(
    ({ path, title }) => `- [${title}](${folder}${path}.md)`,
  );
}

/**
 * With the addresses of the site, and without links to files that it does not have. A diagram becomes the list of its
 * steps, and a link to the page of another document one to its Markdown.
 */
async function readDocument(api: string, path: string, language: Language, addresses: Addresses): Promise<string> {
  const document = (await readDocuments(api, language, addresses)).find((one) => one.path === path);
  const journeys = await readJourneys(language);
  return withServer(document?.markdown ?? '', addresses)
    .replace(/^```journey\n\s*([\w-]+)\s*\n```$/gm, (_, id: string) =>
      stepList(journeys.get(id)?.steps ?? [], language),
    )
    .replace(/\[([^\]]+)\]\((?!https?:|(?:\.\.\/)+[\w/-]+\/index\.html)[^)]+\)/g, '$1')
    .replace(/\]\(\.\.\/([\w./-]+)\/index\.html/g, ']($1.md');
}

const stepList = (steps: readonly JourneyStep[], language: Language): string =>
  steps.map((step, index) => `${index + 1}. ${describeStep(step, language)}`).join('\n');

function describeStep(
  { description, method, path, api, sends, status, returns }: JourneyStep,
  language: Language,
): string {
  const text = texts[language];
  const names = (fields: readonly string[]) => fields.map((field) => `\`${field}\``).join(', ');
  const sent = sends.length > 0 ? `; ${text.sends}${names(sends)}` : '';
  const got = returns.length > 0 ? `; ${text.returns}${names(returns)}` : '';
  return `${description ? `${description} ` : ''}${api} \`${method} ${path}\`${sent} → ${status}${got}`;
}
