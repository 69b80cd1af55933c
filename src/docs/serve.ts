import { basename, extname, posix } from 'node:path';
import { Router } from 'express';
import type { Api } from '../http/api.ts';
import { lazy } from '../lazy.ts';
import { createSite } from './site.ts';

/**
 * Serves the reference of every API: in Chinese (`/docs/tower/`), in English (`/docs/tower/en/`), and a front page.
 * Each page is made at its first request and loads nothing from another origin.
 */
export function serveDocs(apis: readonly Api[]): Router {
  const pages = new Map(Array.from(createSite(apis), ([path, make]) => [path, lazy(make)]));
  const router = Router();
  router.get('/{*path}', async (request, response, next) => {
    const isFolder = extname(request.path) === '';
    const page = pages.get(posix.join(request.path, isFolder ? 'index.html' : '').slice(1));
    if (page === undefined) return next();
    const address = request.originalUrl.split('?', 1)[0] as string;
    // Links are relative, so the address of a folder has to end with a slash.
    if (isFolder && !address.endsWith('/')) return response.redirect(`${basename(address)}/`);
    const { type, body, policy, etag } = await page();
    response.set({ ETag: etag, 'Cache-Control': 'no-cache', 'Content-Security-Policy': policy });
    response.type(type).send(body);
  });
  return router;
}
