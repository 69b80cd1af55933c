import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../http/api.ts';
import { type Contract, methods, type OperationObject } from '../http/contract.ts';
import { projectRoot } from '../root.ts';
import { describeDownloads } from './downloads/describe.ts';
import type { Language } from './page.ts';
import { describeSocket, readSocket } from './socket.ts';
import { describeSources, type Source } from './sources.ts';

/** The contract of an API in one language, as `npm run generate` writes it. */
export async function readContract({ name, contract }: Api, language: Language): Promise<Contract> {
  if (language === 'zh') return contract;
  return JSON.parse(await readFile(join(projectRoot(), 'generated', `${name}.en.json`), 'utf8')) as Contract;
}

const readingsIn = {
  zh: { file: 'READINGS.md', title: '解读', link: '不明确之处见[解读](#/section/解读)。' },
  en: {
    file: 'READINGS.en.md',
    title: 'Readings',
    link: ' Where it is unclear, see the [readings](#/section/readings).',
  },
};

/**
 * A contract as its reference shows it. The description of each operation ends with the sources of the operation, and
 * the introduction ends with the downloads, the API's socket and the readings of the original documents.
 *
 * @param root the folder that holds `openapi/` and `generated/`
 */
export async function annotateContract(
  name: string,
  contract: Contract,
  language: Language,
  root = projectRoot(),
): Promise<Contract> {
  const copy = structuredClone(contract);
  const { file, title, link } = readingsIn[language];
  const path = join(root, 'openapi', name, file);
  const readings = existsSync(path) ? await readFile(path, 'utf8') : undefined;
  const socket = readSocket(name, language, root);
  append(copy.info, describeDownloads(contract, socket !== undefined, language));
  if (socket !== undefined) append(copy.info, describeSocket(socket, language));
  if (readings !== undefined) append(copy.info, `# ${title}\n\n${withoutTitle(readings)}`);
  for (const item of Object.values(copy.paths)) {
    for (const method of methods) {
      const operation = item[method] as SourcedOperation | undefined;
      const sources = operation?.['x-source'];
      if (sources !== undefined) append(operation, describeSources(sources, language) + (readings ? link : ''));
    }
  }
  return copy;
}

interface SourcedOperation extends OperationObject {
  description?: string;
  'x-source'?: Source[];
}

function append(target: { description?: string } | undefined, text: string): void {
  if (target) target.description = [target.description, text].filter(Boolean).join('\n\n');
}

/**
 * Drops the title, moves the other headings one level down, and drops links to files that the site does not have.
 * Redoc's menu omits what is in code style, so headings lose their backticks.
 */
function withoutTitle(markdown: string): string {
  return markdown
    .replace(/^# .*\n+/, '')
    .replace(/^#.*$/gm, (heading) => `#${heading.replaceAll('`', '')}`)
    .replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');
}
