import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Router } from 'express';
import { parse } from 'yaml';
import { Html, html, pagePolicy, renderPage } from './html.ts';
import type { Api } from './http/api.ts';
import type { Contract } from './http/contract.ts';
import { projectRoot } from './root.ts';

/**
 * The reference of every API by Redoc, in Chinese (`/docs/tower/`) and English (`/docs/tower/en/`), with a front page.
 * Pages load nothing from elsewhere. They are made when they are first asked for.
 */
export function docs(apis: readonly Api[]): Router {
  const site = createSite(apis);
  const made = new Map<string, Promise<Page>>();
  const router = Router();
  router.get('/{*path}', async (request, response, next) => {
    const address = request.originalUrl.split('?', 1)[0] as string;
    const name = posix.join(request.path, extname(request.path) === '' ? 'index.html' : '').slice(1);
    const make = site.get(name);
    if (make === undefined) return next();
    // Links are relative, so a folder must be asked for with its slash.
    const isFolder = name.endsWith('index.html') && !/\/(index\.html)?$/.test(address);
    if (isFolder) return response.redirect(`${basename(address)}/`);
    if (!made.has(name)) made.set(name, make());
    const { type, body, policy, etag } = await (made.get(name) as Promise<Page>);
    response.set({ ETag: etag, 'Cache-Control': 'no-cache', 'Content-Security-Policy': policy });
    response.type(type).send(body);
  });
  return router;
}

/** Writes the same pages as files, to be opened or published from any folder. */
export async function writeDocs(folder: string, apis: readonly Api[]): Promise<void> {
  for (const [name, make] of createSite(apis)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, (await make()).body);
  }
}

interface Page {
  type: 'html' | 'json' | 'js';
  body: string;
  etag: string;
  /** What the page may do, as Content-Security-Policy says it. */
  policy: string;
}

const createPage = (type: Page['type'], body: string, policy = "default-src 'none'"): Page => ({
  type,
  body,
  etag: `"${hash(body)}"`,
  policy,
});

const hash = (text: string) => createHash('sha256').update(text).digest('base64');

const languages = ['zh', 'en'] as const;
type Language = (typeof languages)[number];

const folderOf = (api: Api, language: Language) => (language === 'zh' ? api.name : `${api.name}/${language}`);

/** Every page by its path below the site's root. */
function createSite(apis: readonly Api[]): Map<string, () => Promise<Page>> {
  const site = new Map<string, () => Promise<Page>>([
    ['index.html', () => frontPage(apis)],
    ['redoc.js', async () => createPage('js', await readRedoc())],
  ]);
  for (const api of apis) {
    for (const language of languages) {
      const folder = folderOf(api, language);
      site.set(`${folder}/index.html`, () => redocPage(api, language));
      site.set(`${folder}/openapi.json`, async () => {
        const contract = await contractIn(language, api);
        return createPage('json', `${JSON.stringify(contract, null, 2)}\n`);
      });
    }
  }
  return site;
}

/** Keeps the browser from asking for /favicon.ico. */
const noIcon = html`<link rel="icon" href="data:,">`;

async function frontPage(apis: readonly Api[]): Promise<Page> {
  const cards = apis.map(async (api) => {
    const [chinese, english] = await Promise.all([contractIn('zh', api), contractIn('en', api)]);
    return html`<section class="card">
<h2>${chinese.info.title}</h2>
<p lang="zh-CN">${chinese.info.summary}</p>
<p lang="en" class="soft">${english.info.summary}</p>
<p class="actions">
<a class="button" href="${folderOf(api, 'zh')}/index.html">中文文档</a>
<a class="button" lang="en" href="${folderOf(api, 'en')}/index.html">English reference</a>
</p>
<p class="soft">OpenAPI：<a href="${folderOf(api, 'zh')}/openapi.json">中文</a> · <a lang="en" href="${folderOf(api, 'en')}/openapi.json">English</a></p>
</section>`;
  });
  const body = html`<h1>契约 · Qiyue</h1>
<p lang="zh-CN">接口文档，每份都有中文和英文。</p>
<p lang="en" class="soft">The reference of each API, in Chinese and in English.</p>
${await Promise.all(cards)}`;
  const page = { language: 'zh-CN', title: '接口文档 · API reference', wide: true, head: noIcon, body };
  return createPage('html', renderPage(page), pagePolicy);
}

/**
 * The contract in one language. Its prose is Chinese; `en.yaml` beside it has the English of each text. An API that is
 * being written may have none yet.
 */
async function contractIn(language: Language, { name, contract }: Api): Promise<Contract> {
  const root = projectRoot();
  const file = join(root, 'openapi', name, `${language}.yaml`);
  if (language === 'zh' || !existsSync(file)) return contract;
  const dictionary: unknown = parse(await readFile(file, 'utf8'));
  // The same function as in the check that no translation is missing or stale.
  const house = (await import(pathToFileURL(join(root, '.redocly', 'house.js')).href)) as {
    translate(document: Contract, dictionary: unknown): Contract;
  };
  return house.translate(contract, dictionary);
}

const headerHeight = 48;

// The colours are Redoc's own, so the header follows its switch between light and dark.
const style = `
body { margin: 0 }
.qiyue { position: sticky; top: 0; z-index: 20; box-sizing: border-box; height: ${headerHeight}px; display: flex; gap: 1.25rem; align-items: center; padding: 0 1rem; background: var(--bg-color, canvas); color: var(--text-color-primary, canvastext); border-bottom: 1px solid var(--border-color-secondary, transparent); font: 14px/1 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
.qiyue a { color: inherit; opacity: .8; white-space: nowrap }
.qiyue b { margin-right: auto; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
[href="https://redocly.com/redoc/"]::after { content: "Redoc" }
`;

const script = `
const read = (id) => JSON.parse(document.getElementById(id).textContent);
globalThis.redocLabels = Object.assign(Object.create(null), read('labels'));
Redoc.init(read('contract'), { disableTelemetry: true, scrollYOffset: ${headerHeight} }, document.getElementById('redoc'));
`;

// Redoc makes its styles and its search worker at run time; nothing else is allowed that the page does not hold itself.
const redocPolicy = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${hash(script)}'`,
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

async function redocPage(api: Api, language: Language): Promise<Page> {
  const contract = await contractIn(language, api);
  const up = language === 'zh' ? '..' : '../..';
  const links =
    language === 'zh'
      ? { all: '全部接口', other: html`<a lang="en" href="en/index.html">English</a>` }
      : { all: 'All APIs', other: html`<a lang="zh-CN" href="../index.html">中文</a>` };
  const body = html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${contract.info.title}</title>
${noIcon}
<style>${new Html(style)}</style>
</head>
<body>
<header class="qiyue">
<a href="${up}/index.html">${links.all}</a><b>${contract.info.title}</b><a href="openapi.json">openapi.json</a>${links.other}
</header>
<div id="redoc"></div>
${dataBlock('contract', contract)}
${dataBlock('labels', language === 'zh' ? chineseLabels : {})}
<script src="${up}/redoc.js"></script>
<script>${new Html(script)}</script>
</body>
</html>
`;
  return createPage('html', body.text, redocPolicy);
}

// Text cannot end the block early when it holds no `<`.
const dataBlock = (id: string, value: unknown) =>
  html`<script type="application/json" id="${id}">${new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))}</script>`;

/** What must change in Redoc's bundle, and why. A pattern that is not found is an error: then Redoc has changed. */
const patches: readonly [reason: string, pattern: RegExp, replacement: string][] = [
  ['a module cannot be loaded from a file', /const\{RedocStandalone,hydrate,init\}=/, 'var Redoc='],
  ['a module cannot be loaded from a file', /export\{RedocStandalone,hydrate,init\};?\s*$/, ''],
  ['a plain script has no import.meta', /import\.meta\b/g, 'globalThis'],
  ['readers are nobody else’s business', /https:\/\/otel\.cloud\.redocly\.com\/v1\/traces/g, 'data:,'],
  ['a logo would be loaded from elsewhere', /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(-full)?\.svg/g, 'data:,'],
  ['icons would be loaded from elsewhere', /https:\/\/cdn\.redocly\.com\/icons\//g, 'data:,'],
  [
    'labels are English only',
    /translate:\(e,t\)=>\(typeof t==`string`\?t:t\?\.defaultValue\)\|\|e\|\|``/,
    'translate:(e,t)=>{const label=(typeof t==`string`?t:t?.defaultValue)||e||``;return globalThis.redocLabels?.[label]??label}',
  ],
];

async function readRedoc(): Promise<string> {
  const cli = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
  const file = join(dirname(cli), 'lib', 'chunks', 'redoc.standalone.js');
  return patches.reduce(
    (text, [reason, pattern, replacement]) => {
      if (text.search(pattern) < 0) throw new Error(`${file} cannot be changed (${reason}): it has no ${pattern}`);
      return text.replace(pattern, replacement);
    },
    await readFile(file, 'utf8'),
  );
}

/** Redoc's labels by their English text. What is not here stays English. */
const chineseLabels: Record<string, string> = {
  Arguments: '参数',
  array: '数组',
  'Authorization URL': '授权地址',
  'Bearer Format': '令牌格式',
  Body: '正文',
  Callbacks: '回调',
  'Collapse all': '全部折叠',
  Contact: '联系方式',
  Cookie: 'Cookie',
  'Copied!': '已复制',
  Copy: '复制',
  'Copy for LLM': '复制给大模型',
  'Copy page as YAML for LLMs': '把本页复制成 YAML，供大模型使用',
  'Copy to clipboard': '复制到剪贴板',
  Default: '默认',
  'Default mapping': '默认映射',
  deprecated: '已弃用',
  details: '详情',
  Discriminator: '类型标识',
  Enum: '可取的值',
  Example: '示例',
  Examples: '示例',
  'Expand all': '全部展开',
  'Flow type': '流程',
  Header: '头字段',
  Headers: '头字段',
  Hide: '收起',
  'Hide example': '收起示例',
  'Hide pattern': '收起格式',
  'Hide sidebar': '收起侧栏',
  'HTTP Authorization Scheme': 'HTTP 认证方式',
  License: '许可',
  'Link to this section': '本节的链接',
  'Loading...': '正在载入…',
  more: '更多',
  'More actions': '更多操作',
  'No content': '没有内容',
  'No items found': '没有找到',
  'No page at this address': '这个地址没有内容',
  'No request payload': '没有请求体',
  'No response sample': '没有响应示例',
  'Open in new tab': '在新标签页打开',
  Operations: '操作',
  Overview: '概览',
  'parameter name': '参数名',
  Path: '路径参数',
  Payload: '内容',
  'Payload media type': '内容的媒体类型',
  properties: '属性',
  property: '属性',
  Query: '查询参数',
  'Refresh URL': '刷新地址',
  Request: '请求',
  'Request Body': '请求体',
  'Request media type': '请求的媒体类型',
  'Request sample': '请求示例',
  required: '必填',
  'Required scopes': '需要的权限',
  Response: '响应',
  'Response media type': '响应的媒体类型',
  'Response sample': '响应示例',
  Responses: '响应',
  'Search ': '搜索 ',
  Security: '认证',
  Servers: '服务器',
  Show: '展开',
  'Show example': '显示示例',
  'Show less': '收起',
  'Show more': '更多',
  'Show pattern': '显示格式',
  'Show sidebar': '展开侧栏',
  'Single column': '单栏',
  'Switch to single column': '改为单栏',
  'Switch to two columns': '改为双栏',
  'Token URL': '令牌地址',
  'Two columns': '双栏',
  Value: '值',
  variables: '变量',
  'View details': '查看详情',
  'View security details': '查看认证方式',
};
