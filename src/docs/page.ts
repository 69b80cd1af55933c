import { createHash } from 'node:crypto';
import type { OperationObject } from '../http/contract.ts';
import type { StaticFile } from '../http/static-files.ts';

export const languages = ['zh', 'en'] as const;
export type Language = (typeof languages)[number];

/** The folder of an API's pages. */
export const folderOf = (api: string, language: Language): string => (language === 'zh' ? api : `${api}/${language}`);

/** The fragment by which Redoc's page shows an operation. */
export const operationFragment = ({ operationId, tags: [tag = ''] = [] }: OperationObject): string =>
  `/${tag}/${operationId.toLowerCase()}`;

/** One file of the site. A script has the address `hashedName`, so that browsers may keep it. */
export interface Page extends StaticFile {
  type: 'html' | 'json' | 'js' | 'md' | 'txt' | 'yaml';
  /** The Content-Security-Policy of the response. */
  policy: string;
}

const DIGEST_LENGTH = 16;

export function createPage(type: Page['type'], body: string, policy = "default-src 'none'"): Page {
  return { type, body, digest: createHash('sha256').update(body).digest('base64url').slice(0, DIGEST_LENGTH), policy };
}

/** The SHA-256 digest in base64, as a policy names an inline script. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** `redoc.js` → `redoc.<digest>.js`. */
export const hashedName = (path: string, { digest }: Page): string => path.replace(/(?=\.js$)/, `.${digest}`);

/** `redoc.<digest>.js` → `['redoc.js', '<digest>']`. */
export function splitHashedName(path: string): [path: string, digest: string] | undefined {
  const [, name, digest] = new RegExp(`^(.+)\\.([\\w-]{${DIGEST_LENGTH}})\\.js$`).exec(path) ?? [];
  return name === undefined || digest === undefined ? undefined : [`${name}.js`, digest];
}
