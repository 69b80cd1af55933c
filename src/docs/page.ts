import { createHash } from 'node:crypto';

export const languages = ['zh', 'en'] as const;
export type Language = (typeof languages)[number];

/** One file of the site. */
export interface Page {
  type: 'html' | 'json' | 'js';
  body: string;
  etag: string;
  /** The Content-Security-Policy of the response. */
  policy: string;
}

export function createPage(type: Page['type'], body: string, policy = "default-src 'none'"): Page {
  return { type, body, etag: `"${hash(body)}"`, policy };
}

/** The SHA-256 digest in base64, as a policy names an inline script. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
