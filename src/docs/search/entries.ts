import type { Api } from '../../http/api.ts';
import { noServer } from '../addresses.ts';
import { operationsOf, readContract } from '../contract.ts';
import { readDocuments, type Server, sectionsOf } from '../documents.ts';
import { folderOf, type Language, operationFragment } from '../page.ts';
import type { Entry } from './engine.ts';
import { errorsOf, fieldsOf, parametersOf } from './parts.ts';

/** Everything in the site that can be found in one language. */
export async function readEntries(apis: readonly Api[], language: Language, at: Server = noServer): Promise<Entry[]> {
  const entries = await Promise.all(apis.map((api) => entriesOf(api, language, at)));
  const seen = new Set<string>();
  // All APIs have the guides that they share; one of them is enough.
  return entries.flat().filter(({ kind, title, text }) => {
    const key = `${title}\n${text}`;
    if (kind === 'guide' && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

async function entriesOf(api: Api, language: Language, at: Server): Promise<Entry[]> {
  const contract = await readContract(api, language);
  const folder = folderOf(api.name, language);
  const { title, summary = '', description = '' } = contract.info;
  const entries: Entry[] = [
    {
      kind: 'api',
      api: api.name,
      title,
      names: api.name,
      text: `${summary}\n${description}`,
      url: `${folder}/index.html`,
    },
  ];
  const seen = new Set<string>();
  for (const { path, method, operation } of operationsOf(contract)) {
    const { operationId, summary = operationId, description } = operation;
    const common = {
      api: api.name,
      operation: operationId,
      url: `${folder}/index.html#${operationFragment(operation)}`,
    };
    entries.push({
      kind: 'operation',
      ...common,
      title: summary,
      names: `${operationId} ${method.toUpperCase()} ${path}`,
      text: description,
    });
    for (const part of [
      ...parametersOf(contract, path, operation),
      ...fieldsOf(contract, operation),
      ...errorsOf(contract, operation),
    ]) {
      const key = `${part.kind}\n${part.title}\n${part.text}`;
      if (seen.has(key)) continue;
      seen.add(key);
      entries.push({ ...common, ...part });
    }
  }
  for (const { kind, path, title, markdown } of await readDocuments(api.name, language, at)) {
    if (kind === 'changelog') continue;
    const url = `${folder}/${path}/index.html`;
    if (kind === 'guide') entries.push({ kind, api: api.name, title, text: markdown.split(/^## /m, 1)[0], url });
    for (const section of sectionsOf(markdown))
      entries.push({
        kind: kind === 'guide' ? kind : 'reading',
        api: api.name,
        title: kind === 'guide' ? `${title} · ${section.title}` : section.title,
        text: section.markdown,
        url: `${url}#${section.id}`,
      });
  }
  return entries;
}
