import { basename, extname, posix } from 'node:path';
import { Router } from 'express';
import type { Context } from '../context.ts';
import type { Api } from '../http/api.ts';
import { sendStaticFile } from '../http/static-files.ts';
import { lazy } from '../lazy.ts';
import { type Addresses, addressesOf } from './addresses.ts';
import { splitHashedName } from './page.ts';
import { createSite, type Site } from './site.ts';

/** Sites kept for the addresses by which callers reach this server. Any caller can choose a Host header. */
const MAX_SITES = 8;

/**
 * Serves the reference of every API: in Chinese (`/docs/tower/`), in English (`/docs/tower/en/`), and a front page.
 * Each page is made at its first request for each address of the server and loads nothing from another origin.
 */
export function serveDocs(apis: readonly Api[], context: Pick<Context, 'config' | 'log'>): Router {
  const sites = new Map<string, Site>();
  const siteAt = (addresses: Addresses): Site => {
    const key = JSON.stringify(addresses);
    const site =
      sites.get(key) ?? new Map(Array.from(createSite(apis, addresses), ([path, make]) => [path, lazy(make)]));
    // The last one used is at the end.
    sites.delete(key);
    sites.set(key, site);
    const [oldest] = sites.keys();
    if (sites.size > MAX_SITES && oldest !== undefined) sites.delete(oldest);
    return site;
  };
  const router = Router();
  router.get('/{*path}', async (request, response, next) => {
    const isFolder = extname(request.path) === '';
    const pages = siteAt(addressesOf(request, context));
    const path = posix.join(request.path, isFolder ? 'index.html' : '').slice(1);
    const [name, digest] = splitHashedName(path) ?? [path, undefined];
    const markdown = pages.get(markdownFor(name, pages) ?? '');
    if (markdown !== undefined) response.vary('Accept');
    const page = markdown !== undefined && request.accepts(['html', 'md']) === 'md' ? markdown : pages.get(name);
    if (page === undefined) return next();
    const address = request.originalUrl.split('?', 1)[0] as string;
    // Links are relative, so the address of a folder has to end with a slash.
    if (isFolder && !address.endsWith('/')) return response.redirect(`${basename(address)}/`);
    const file = await page();
    response.set('Content-Security-Policy', file.policy);
    // A page of another version may still name another digest; it gets what there is.
    return sendStaticFile(request, response, file, file.digest === digest);
  });
  return router;
}

/** The Markdown of an HTML page, for callers that prefer it: of the front page the index for language models. */
function markdownFor(name: string, pages: Site): string | undefined {
  return [/(?<=^|\/)index\.html$/, /\/index\.html$/]
    .map((ending, index) => name.replace(ending, index === 0 ? 'index.md' : '.md'))
    .find((path) => path !== name && pages.has(path));
}
