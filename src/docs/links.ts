import type { Contract, OperationObject } from '../http/contract.ts';
import { type LinkOfAnswer, linksOfOperation, operationObjectsOf } from '../http/links.ts';
import type { Language } from './page.ts';

const words = {
  zh: {
    title: '接下来可以调用：',
    response: (name: string) => `回答的 ${name}`,
    request: (name: string) => `请求的 ${name}`,
    colon: '：',
    separator: '，',
  },
  en: {
    title: 'What to call next:',
    response: (name: string) => `${name} of the answer`,
    request: (name: string) => `${name} of the request`,
    colon: ': ',
    separator: ', ',
  },
};

/**
 * The links of an operation's answers as Markdown: what to call next, and where its values come from.
 *
 * @param addressOf the address of an operation, from the page
 * @returns undefined for an operation without links
 */
export function describeLinks(
  contract: Contract,
  operation: OperationObject,
  language: Language,
  addressOf: (target: OperationObject) => string,
): string | undefined {
  const links = new Map(
    linksOfOperation(contract, operation)
      .filter(({ operationId, requestBody }) => operationId !== operation.operationId || requestBody !== undefined)
      .map((link) => [link.operationId, link]),
  );
  if (links.size === 0) return undefined;
  const targets = new Map(operationObjectsOf(contract).map((one) => [one.operationId, one]));
  const lines = [...links.values()].map((link) => {
    const target = targets.get(link.operationId) as OperationObject;
    return `- [${target.summary}](${addressOf(target)})${words[language].colon}${describeValues(link, language)}`;
  });
  return [words[language].title, lines.join('\n')].join('\n\n');
}

function describeValues({ parameters = {}, requestBody = {} }: LinkOfAnswer, language: Language): string {
  const values = Object.entries({ ...parameters, ...(requestBody as Record<string, unknown>) });
  return values
    .map(([name, value]) => `\`${name}\` = ${describeValue(value, language)}`)
    .join(words[language].separator);
}

/** `$response.body#/data/id` as “`data.id` of the answer”. */
function describeValue(value: unknown, language: Language): string {
  const [, side, name = ''] = /^\$(request|response)\.(?:body#[/]|path\.|query\.)(.+)$/.exec(String(value)) ?? [];
  if (side === undefined) return `\`${value}\``;
  return words[language][side as 'request' | 'response'](`\`${name.replaceAll('/', '.')}\``);
}
