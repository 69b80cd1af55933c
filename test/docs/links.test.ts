import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apis, sandbox } from '../../src/app.ts';
import { type Addresses, noServer } from '../../src/docs/addresses.ts';
import { splitHashedName } from '../../src/docs/page.ts';
import { createSite } from '../../src/docs/site.ts';

const at = (server: string, isSandbox: boolean): Addresses => ({
  server,
  mock: undefined,
  isSandbox,
  hasMcp: isSandbox,
  docs: `${server}/docs`,
});

const sites = {
  'of a sandbox': { addresses: at('http://127.0.0.1:3000', true), served: apis },
  'of a server in production': {
    addresses: at('https://example.com', false),
    served: apis.filter((api) => api !== sandbox),
  },
  'without a server': { addresses: noServer, served: apis },
};

/** Links in Markdown and HTML, without those in code; of the references also those in the contract that they contain. */
function linksIn(path: string, text: string): string[] {
  const inMarkdown = /\]\(([^)\s"\\]+)\)|<(https?:[^>\s]+)>/g;
  // Its code has brackets, too.
  const inContract = /\]\(([\w./-]+(?:\.\w+|\/)(?:#[^)\s"\\]*)?)\)/g;
  const find = (part: string, pattern: RegExp) => Array.from(part.matchAll(pattern), ([, a, b]) => a ?? b ?? '');
  if (!path.endsWith('.html'))
    return find(text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, ''), inMarkdown);
  const markup = text.replaceAll(/<script.*?<\/script>|<pre.*?<\/pre>/gs, '');
  const isReference = /<div id="redoc">/.test(text);
  return [...find(markup, /\s(?:href|src)="([^"]+)"/g), ...(isReference ? find(text, inContract) : [])];
}

describe.each(Object.entries(sites))('the documentation %s', (_, { addresses, served }) => {
  const site = createSite(served, addresses);
  const { server } = addresses;
  const root = addresses.docs === undefined ? undefined : `${addresses.docs}/`;

  /** Whether the site has what a link leads to; undefined for other sites. */
  function leadsSomewhere(path: string, link: string): boolean | undefined {
    const [address = ''] = link.split(/[?#]/, 1);
    if (address === '') return true;
    const isOwn = root !== undefined && (address.startsWith(root) || `${address}/` === root);
    // Of the server itself only the sandbox is a place to read.
    if (server !== undefined && address.startsWith(`${server}/sandbox`)) return served.includes(sandbox);
    if (!isOwn && /^[a-z]+:/.test(address)) return undefined;
    const target = isOwn ? address.slice(root.length) : posix.join(posix.dirname(path), address);
    // The front page of the server.
    if (target.startsWith('../')) return root !== undefined;
    const [name] = splitHashedName(target) ?? [target];
    return site.has(name) || site.has(posix.join(name, 'index.html'));
  }

  it('has no link that leads nowhere', async () => {
    const broken: string[] = [];
    for (const [path, make] of site) {
      if (!/\.(html|md|txt)$/.test(path)) continue;
      const text = String((await make()).body);
      for (const link of new Set(linksIn(path, text)))
        if (leadsSomewhere(path, link) === false) broken.push(`${path}: ${link}`);
    }
    expect(broken).toEqual([]);
  }, 120_000);
});
