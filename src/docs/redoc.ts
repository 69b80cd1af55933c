import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Html, html } from '../html.ts';
import type { Api } from '../http/api.ts';
import { lazy } from '../lazy.ts';
import { projectRoot } from '../root.ts';
import { type Addresses, withAddresses } from './addresses.ts';
import { annotateContract, readContract } from './contract.ts';
import { chineseLabels, labelScript } from './labels.ts';
import { createPage, hash, hashedName, type Language, type Page } from './page.ts';

const HEADER_HEIGHT_PX = 48;

// The colours are Redoc's own, so the header follows Redoc's switch between light and dark.
const style = `
body { margin: 0 }
.qiyue { position: sticky; top: 0; z-index: 20; box-sizing: border-box; height: ${HEADER_HEIGHT_PX}px; display: flex; gap: 1.25rem; align-items: center; padding: 0 1rem; background: var(--bg-color, canvas); color: var(--text-color-primary, canvastext); border-bottom: 1px solid var(--border-color-secondary, transparent); font: 14px/1 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
.qiyue a { color: inherit; opacity: .8; white-space: nowrap }
.qiyue b { margin-right: auto; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
[href="https://redocly.com/redoc/"]::after { content: "Redoc" }
`;

const script = `
const read = (id) => JSON.parse(document.getElementById(id).textContent);
${labelScript}
translateLabels(new Map(Object.entries(read('labels'))));
// A page that was opened from a file may not import a file, but it may import a blob.
const module = URL.createObjectURL(new Blob([redocModule], { type: 'text/javascript' }));
import(module).then(({ init }) =>
  init(read('contract'), { disableTelemetry: true, scrollYOffset: ${HEADER_HEIGHT_PX} }, document.getElementById('redoc')),
);
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
export async function redocPage(api: Api, language: Language, addresses: Addresses): Promise<Page> {
  const annotated = await annotateContract(api.name, await readContract(api, language), language);
  const contract = withAddresses(api.name, annotated, language, addresses);
  const up = language === 'zh' ? '..' : '../..';
  const links =
    language === 'zh'
      ? { all: '全部接口', other: html`<a lang="en" href="en/index.html">English</a>` }
      : { all: 'All APIs', other: html`<a lang="zh-CN" href="../index.html">中文</a>` };
  const body = html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${contract.info.title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header class="qiyue">
<a href="${up}/index.html">${links.all}</a><b>${contract.info.title}</b><a href="openapi.json">openapi.json</a>${links.other}
</header>
<div id="redoc"></div>
${dataBlock('contract', contract)}
${dataBlock('labels', language === 'zh' ? chineseLabels : {})}
<script src="${up}/${hashedName('redoc.js', await redocScript())}"></script>
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
