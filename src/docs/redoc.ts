import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Html, html } from '../html.ts';
import type { Api } from '../http/api.ts';
import { lazy } from '../lazy.ts';
import { projectRoot } from '../root.ts';
import { type Addresses, withAddresses } from './addresses.ts';
import { annotateContract, readContract } from './contract.ts';
import { HEADER_HEIGHT_PX, headerStyle, langOf, type Place, searchScripts, siteHeader, upFrom } from './frame.ts';
import { chineseLabels, labelScript } from './labels.ts';
import { operationTexts, textsStyle } from './operation-texts.ts';
import { createPage, folderOf, hash, hashedName, type Language, type Page } from './page.ts';
import { accessScript, redocStyle } from './redoc-style.ts';
import { addSamples } from './samples/samples.ts';
import { addTryLinks } from './try/page.ts';

const style = redocStyle + headerStyle + textsStyle;

const script = `
const read = (id) => JSON.parse(document.getElementById(id).textContent);
${labelScript}
${accessScript}
mendAccess();
translateLabels(new Map(Object.entries(read('labels'))));
// A page that was opened from a file may not import a file, but it may import a blob.
const module = URL.createObjectURL(new Blob([redocModule], { type: 'text/javascript' }));
const options = { disableTelemetry: true, hideLoading: true, scrollYOffset: ${HEADER_HEIGHT_PX} };
const place = document.getElementById('redoc');
// The plain text stays until Redoc shows the same.
new MutationObserver((changes, observer) => {
  if (place.querySelector('h1, h2') === null) return;
  observer.disconnect();
  document.getElementById('text').remove();
}).observe(place, { subtree: true, childList: true });
import(module).then(({ init }) => init(read('contract'), options, place));
`;

/** Redoc makes its styles and the worker of its search at run time. A page may load nothing from another origin. */
const policy = [
  "default-src 'none'",
  `script-src 'self' blob: 'sha256-${hash(script)}'`,
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
].join('; ');

/** The reference of one API. Beside it in the site stand `openapi.json` and, at the root, Redoc. */
export async function redocPage(
  apis: readonly Api[],
  api: Api,
  language: Language,
  addresses: Addresses,
): Promise<Page> {
  const annotated = await annotateContract(api.name, await readContract(api, language), language, addresses);
  const addressed = withAddresses(api.name, annotated, language, addresses);
  const contract = addTryLinks(addSamples(api, addressed, addresses), language);
  const folders = { zh: folderOf(api.name, 'zh'), en: folderOf(api.name, 'en') };
  const place: Place = { language, folders, title: contract.info.title, api: api.name };
  const body = html`<!doctype html>
<html lang="${langOf(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${contract.info.title}</title>
<style>${new Html(style)}</style>
${await searchScripts(apis, place, addresses)}
</head>
<body>
${siteHeader(place)}
${await operationTexts(contract)}
<div id="redoc"></div>
${dataBlock('contract', contract)}
${dataBlock('labels', language === 'zh' ? chineseLabels : {})}
<script src="${upFrom(place)}${hashedName('redoc.js', await redocScript())}"></script>
<script>${new Html(script)}</script>
</body>
</html>
`;
  return createPage('html', body.text, `${policy}; frame-ancestors 'none'`);
}

// Without `<` no text can end the script element early.
const dataBlock = (id: string, value: unknown) =>
  html`<script type="application/json" id="${id}">${new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))}</script>`;

/** Redoc's sidebar shows a logo from here. No option turns it off, and the policy would refuse it with an error. */
const logo = 'https://cdn.redoc.ly/redoc/logo-mini';

/** A script that holds Redoc's module as text. */
export const redocScript = lazy(async (): Promise<Page> => {
  const module = await readFile(redocFile(), 'utf8');
  return createPage('js', `const redocModule = ${JSON.stringify(module.replaceAll(logo, 'data:,'))};\n`);
});

/**
 * The file with Redoc as one module for browsers, which `redocly build-docs` uses too. `npm run build` copies it into
 * `dist`, so that a server does not need the tools of the contract.
 */
export function redocFile(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
    return join(dirname(manifest), 'lib', 'chunks', 'redoc.standalone.js');
  } catch {
    return join(projectRoot(), 'dist', 'redoc.standalone.js');
  }
}
