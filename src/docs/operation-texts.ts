import { type Html, html } from '../html.ts';
import type { Contract } from '../http/contract.ts';
import { operationsOf } from './contract.ts';
import { renderMarkdown } from './markdown.ts';
import { operationFragment } from './page.ts';

/**
 * What the operations of a contract say, as plain HTML. A reader sees it at once, long before Redoc has arrived on a slow
 * connection, and without JavaScript. The fragments of addresses are Redoc's.
 */
export async function operationTexts(contract: Contract): Promise<Html> {
  const { title, summary, description = '' } = contract.info;
  const sections = operationsOf(contract).map(async ({ path, method, operation }) => {
    const { operationId, summary = operationId, description = '' } = operation;
    return html`<section id="${operationFragment(operation)}"><h2>${summary}</h2>
<p><code>${method.toUpperCase()} ${path}</code></p>
${await renderMarkdown(description)}</section>
`;
  });
  return html`<main id="text"><section id="/"><h1>${title}</h1><p>${summary}</p>${await renderMarkdown(description)}</section>
${await Promise.all(sections)}</main>`;
}

/** An address with a fragment shows the one section that it names. */
export const textsStyle = `
#text { max-width: 48rem; margin: 0 auto; padding: 2rem 1rem 50vh; font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
#text:has(> :target) > :not(:target) { display: none }
#text section { scroll-margin-top: 4rem }
#text .scroll { overflow-x: auto }
#text code { overflow-wrap: anywhere }
`;
