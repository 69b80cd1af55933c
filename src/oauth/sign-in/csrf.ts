import { createHmac } from 'node:crypto';
import { HttpError } from '../../errors.ts';
import { equalSecrets } from '../../secrets.ts';
import type { Browser } from './sessions.ts';

/** The CSRF token of a form. It is derived from the session cookie, which other sites cannot read. */
export const csrfToken = (browser: Browser): string =>
  createHmac('sha256', browser.cookie).update('csrf').digest('hex');

/** Whether a form was made for this browser. */
export const isCsrfToken = (browser: Browser, token: string): boolean =>
  !browser.fresh && equalSecrets(csrfToken(browser), token);

/** @throws HttpError forbidden unless the form was made for this browser */
export function requireCsrfToken(browser: Browser, token: string): void {
  if (!isCsrfToken(browser, token)) {
    throw new HttpError('forbidden', 'This form was not made for this browser, or the session has changed since');
  }
}
