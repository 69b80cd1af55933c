import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../http/api.ts';
import { type Contract, type Method, methods, type OperationObject } from '../http/contract.ts';
import { noServer } from './addresses.ts';
import { contentRoot } from './content.ts';
import { describeGuides, type Server } from './documents.ts';
import { describeDownloads } from './downloads/describe.ts';
import { describeHandler, repositoryUrl } from './handlers.ts';
import { describeLinks } from './links.ts';
import { type Language, operationFragment } from './page.ts';
import { describeSocket, readSocket } from './socket.ts';
import { describeSources, type Source } from './sources.ts';

/** The contract of an API in one language, as `npm run generate` writes it. */
export async function readContract({ name, contract }: Api, language: Language): Promise<Contract> {
  if (language === 'zh') return contract;
  return JSON.parse(await readFile(join(contentRoot(), 'generated', `${name}.en.json`), 'utf8')) as Contract;
}

/** What the contract of an API says of it, in one language. */
export async function infoOf(api: Api, language: Language): Promise<Contract['info']> {
  if (language === 'zh') return api.contract.info;
  const info = englishInfos.get(api) ?? (await readContract(api, 'en')).info;
  englishInfos.set(api, info);
  return info;
}

const englishInfos = new WeakMap<Api, Contract['info']>();

const readingsIn = {
  zh: { file: 'READINGS.md', link: '不明确之处见[解读](readings/index.html)。' },
  en: { file: 'READINGS.en.md', link: ' Where it is unclear, see the [readings](readings/index.html).' },
};

/**
 * A contract as its reference shows it. The description of each operation ends with its sources, with what to call next
 * and with the file of its function, a link where package.json names a repository. The introduction ends with the
 * downloads and the API's socket.
 *
 * @param at the server of the site
 * @param root the folder that holds `openapi/` and `generated/`
 */
export async function annotateContract(
  name: string,
  contract: Contract,
  language: Language,
  at: Server = noServer,
  root = contentRoot(),
): Promise<Contract> {
  const copy = structuredClone(contract);
  const { file, link } = readingsIn[language];
  const hasReadings = existsSync(join(root, 'openapi', name, file));
  const socket = readSocket(name, language, root);
  const repository = repositoryUrl(root);
  append(copy.info, await describeGuides(name, language, at, root));
  append(copy.info, describeDownloads(contract, socket !== undefined, language));
  if (socket !== undefined) append(copy.info, describeSocket(socket, language));
  for (const { operation } of operationsOf(copy)) {
    const sources = operation['x-source'];
    if (sources !== undefined) append(operation, describeSources(sources, language) + (hasReadings ? link : ''));
    append(
      operation,
      describeLinks(contract, operation, language, (target) => `#${operationFragment(target)}`),
    );
    append(operation, describeHandler(name, operation, repository, language));
  }
  return copy;
}

/** An operation as the docs see it. */
export interface DocumentedOperation extends OperationObject {
  description?: string;
  'x-source'?: Source[];
}

/** The operations of a contract in their order. */
export const operationsOf = ({ paths }: Contract): { path: string; method: Method; operation: DocumentedOperation }[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => (item[method] === undefined ? [] : [{ path, method, operation: item[method] }])),
  );

function append(target: { description?: string } | undefined, text: string | undefined): void {
  if (target && text !== undefined) target.description = [target.description, text].filter(Boolean).join('\n\n');
}
