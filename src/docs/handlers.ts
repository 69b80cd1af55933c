import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationObject } from '../http/contract.ts';
import type { Language } from './page.ts';

/** The address of the repository that package.json names, as browsers open it; undefined when it names none. */
export function repositoryUrl(root: string): string | undefined {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    repository?: string | { url?: string };
  };
  const { repository } = manifest;
  const address = typeof repository === 'string' ? repository : repository?.url;
  return address
    ?.replace(/^github:|^(?=[\w-]+\/[\w.-]+$)/, 'https://github.com/')
    .replace(/^git\+|\.git$/g, '')
    .replace(/^(?:ssh:\/\/)?git@([^:/]+)[:/]/, 'https://$1/');
}

/** Names the file that has the function of an operation, in Markdown: as a link where its repository is known. */
export function describeHandler(
  api: string,
  operation: OperationObject,
  repository: string | undefined,
  language: Language,
): string {
  const { operationId, tags: [tag = ''] = [] } = operation;
  const file = `src/${api}/operations/${tag}.ts`;
  const place = repository === undefined ? `\`${file}\`` : `[\`${file}\`](${repository}/blob/HEAD/${file})`;
  return language === 'zh'
    ? `实现：${place} 里的 \`${operationId}\`。`
    : `Implementation: \`${operationId}\` in ${place}.`;
}
