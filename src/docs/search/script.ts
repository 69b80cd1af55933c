import type { Api } from '../../http/api.ts';
import { keptWith } from '../../lazy.ts';
import { noServer } from '../addresses.ts';
import { hasNoDemo, type Server } from '../documents.ts';
import { createPage, type Language, type Page } from '../page.ts';
import type { Search } from './engine.ts';
import { readEntries } from './entries.ts';
import { script } from './search.browser.ts?script';

/** The search of the docs in one language, for programs in this process. Addresses are relative to the root of the site. */
export async function openSearch(apis: readonly Api[], language: Language): Promise<Search> {
  const { createSearch } = await import('./engine.ts');
  return createSearch(await readEntries(apis, language));
}

const scripts = keptWith<readonly Api[], Promise<Page>>();

/** A script that makes the same search in a browser. */
export const searchScript = (apis: readonly Api[], language: Language, at: Server = noServer): Promise<Page> =>
  scripts(apis, `${language} ${hasNoDemo(at)}`, async () => {
    const entries = JSON.stringify(await readEntries(apis, language, at));
    return createPage('js', `globalThis.qiyueEntries = ${entries};\n${script}`);
  });
