import { posix } from 'node:path';
import type { Api } from '../../http/api.ts';
import type { Addresses } from '../addresses.ts';
import { readContract } from '../contract.ts';
import { evidenceMarkdown } from '../evidence-page.ts';
import { createPage, folderOf, languages, type Page } from '../page.ts';
import { documentLinks, markdownOf, operationGroups } from './pages.ts';

/** Everything that is made for agents and scripts, by its path below the root of the site. */
export function agentPages(apis: readonly Api[], addresses: Addresses): Map<string, () => Promise<Page>> {
  const root = rootOf(addresses);
  const index = async (from: string) => createPage('md', await llmsText(apis, addresses, from));
  const pages = new Map<string, () => Promise<Page>>([
    ['index.md', () => index(root)],
    ['en/index.md', () => index(root || '../')],
    ['llms.txt', async () => createPage('txt', await llmsText(apis, addresses, root))],
    ['llms-full.txt', () => llmsFullText(apis, addresses)],
  ]);
  for (const api of apis) {
    for (const language of languages) {
      const folder = folderOf(api.name, language);
      for (const [path, make] of markdownOf(api, language, addresses)) pages.set(`${folder}/${path}`, make);
      pages.set(`${folder}/evidence.md`, () => evidenceMarkdown(api, language));
    }
  }
  return pages;
}

/** The site's index for language models (llmstxt.org): in English, with a summary in Chinese. */
async function llmsText(apis: readonly Api[], addresses: Addresses, root: string): Promise<string> {
  const sections = apis.map((api) => sectionOf(api, addresses, root));
  return `${[introduction(apis, addresses, root), ...(await Promise.all(sections))].join('\n\n')}\n`;
}

/** Links of a static site are relative: it can be in any folder. */
const rootOf = ({ docs }: Addresses) => (docs === undefined ? '' : `${docs}/`);

function introduction(apis: readonly Api[], addresses: Addresses, root: string): string {
  const { server } = addresses;
  const hasSandbox = apis.some(({ name }) => name === 'sandbox');
  return `# Qiyue 契约

> Self-hosted, contract-first implementations of four Chinese SaaS APIs (Tower: team collaboration; UCenter: user centre; PPMessage: customer service; GoBelieve: instant messaging)${hasSandbox ? ' and of Sandbox, the API that tests control them with' : ''}.

中文概要：这里是四套中文 SaaS 接口（Tower 团队协作、UCenter 用户中心、PPMessage 客服、GoBelieve 即时消息）${hasSandbox ? '和测试用的控制接口 Sandbox ' : ''}的文档。每个操作都有一页 Markdown：中文在 \`<api>/<operationId>.md\`，英文在 \`<api>/en/<operationId>.md\`，写着地址、认证、参数、字段、示例、状态与错误。全部内容合在 llms-full.txt 里。

- Each link below is one operation as Markdown: address, authentication, parameters, fields, example request and responses, errors. The same page in Chinese has no \`en/\` in its address.
- [llms-full.txt](${root}llms-full.txt) has all of these pages in one file.
- Beside each reference: \`openapi.json\`, \`openapi.yaml\`, \`openapi-3.0.json\`.${server === undefined ? '' : access(server, addresses)}`;
}

const access = (server: string, { isSandbox, hasMcp }: Addresses) =>
  [
    '',
    `- The APIs are at \`${server}/<api>\`, such as \`${server}/tower\`.`,
    isSandbox &&
      `- This server is a sandbox with demo data: <${server}/sandbox/credentials> has the demo credentials, and \`POST ${server}/sandbox/reset\` begins anew.`,
    hasMcp === true &&
      `- MCP: \`${server}/mcp\` (streamable HTTP) has the tools \`search\`, \`describe\` and \`call\` for all operations.`,
  ]
    .filter((line) => line !== false)
    .join('\n');

async function sectionOf(api: Api, addresses: Addresses, root: string): Promise<string> {
  const contract = await readContract(api, 'en');
  const folder = `${root}${api.name}/en`;
  const operations = operationGroups(contract).flatMap((group) => group.operations);
  return [
    `## ${contract.info.title}`,
    '',
    `- [Overview](${folder}/index.md): ${contract.info.summary ?? ''}`,
    ...(await documentLinks(api.name, 'en', addresses, `${folder}/`)),
    ...operations.map(({ id, summary }) => `- [${id}](${folder}/${id}.md): ${summary}`),
  ].join('\n');
}

/** Everything in English, in one file, with one kind of samples. Links of a page begin at its folder. */
async function llmsFullText(apis: readonly Api[], addresses: Addresses): Promise<Page> {
  const root = rootOf(addresses);
  const bodies: string[] = [introduction(apis, addresses, root)];
  for (const api of apis) {
    for (const [path, make] of markdownOf(api, 'en', addresses, ['curl'])) {
      const folder = posix.dirname(`${folderOf(api.name, 'en')}/${path}`);
      const text = String((await make()).body);
      bodies.push(
        text.replace(/\]\((?![a-z]+:|[/#])([^)\s]+)\)/g, (_, link: string) => `](${root}${posix.join(folder, link)})`),
      );
    }
  }
  return createPage('txt', bodies.join('\n\n---\n\n'));
}
