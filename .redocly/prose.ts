/**
 * The prose of a contract is Chinese. `en.yaml` beside it has the English of each text, and `openapi/common/en.yaml`
 * that of texts which contracts share.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Original text → translated text. */
export type Dictionary = Readonly<Record<string, string>>;

/** Reads `en.yaml` in the folder of an API, or in `openapi/common`. It is empty where there is none. */
export function readDictionary(folder: string): Dictionary {
  const file = join(folder, 'en.yaml');
  return existsSync(file) ? ((parse(readFileSync(file, 'utf8')) ?? {}) as Dictionary) : {};
}

/** A copy of an OpenAPI document with its prose in another language. A text without a translation stays as it is. */
export function translate<T>(document: T, dictionary: Dictionary): T {
  const copy = structuredClone(document);
  eachProse(copy, (text) => (Object.hasOwn(dictionary, text) ? dictionary[text] : undefined));
  return copy;
}

/** The Chinese texts that the dictionary lacks, each with the place where it first stands: text → JSON pointer. */
export function findMissing(document: unknown, dictionary: Dictionary): Map<string, string> {
  const missing = new Map<string, string>();
  eachProse(document, (text, pointer) => {
    if (isChinese(text) && !Object.hasOwn(dictionary, text) && !missing.has(text)) missing.set(text, pointer);
    return undefined;
  });
  return missing;
}

/** The texts that the dictionary translates although the document no longer has them. */
export function findStale(document: unknown, dictionary: Dictionary): string[] {
  const texts = new Set<string>();
  eachProse(document, (text) => {
    texts.add(text);
    return undefined;
  });
  return Object.keys(dictionary).filter((text) => !texts.has(text));
}

export const isChinese = (text: string): boolean => /\p{Script=Han}/u.test(text);

const proseKeys = new Set(['title', 'summary', 'description', 'x-displayName', 'x-audience']);
/** Values below these keys belong to callers or to programs; a text in them is data. */
const dataKeys = new Set(['example', 'default', 'const', 'enum', 'mapping', 'value', 'x-source', 'required']);
/** Maps whose keys are names given by the author: a property may well be called 'title'. */
const mapKeys = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'dependentSchemas',
  'paths',
  'webhooks',
  'responses',
  'headers',
  'schemas',
  'parameters',
  'requestBodies',
  'securitySchemes',
  'links',
  'callbacks',
  'pathItems',
  'content',
  'encoding',
  'variables',
  'flows',
]);

/**
 * Calls `visit` for each piece of prose in an OpenAPI document, or in a part of one, and puts the text that it returns,
 * if any, in the place of the original. Changes the document itself.
 */
export function eachProse(
  node: unknown,
  visit: (text: string, pointer: string) => string | undefined,
  pointer = '',
  isMap = false,
): void {
  if (node === null || typeof node !== 'object') return;
  const members = node as Record<string, unknown>;
  for (const [key, child] of Object.entries(members)) {
    const here = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (isMap || Array.isArray(node)) {
      eachProse(child, visit, here);
    } else if (key === 'scopes') {
      // The scopes of an OAuth flow: name → meaning.
      const scopes = child as Record<string, string>;
      for (const [scope, meaning] of Object.entries(scopes))
        scopes[scope] = visit(meaning, `${here}/${scope}`) ?? meaning;
    } else if (key === 'examples') {
      // A list of values in a schema, a map of Example objects anywhere else.
      if (!Array.isArray(child)) eachProse(child, visit, here, true);
    } else if (proseKeys.has(key) && typeof child === 'string') {
      members[key] = visit(child, here) ?? child;
    } else if (!dataKeys.has(key)) {
      eachProse(child, visit, here, mapKeys.has(key));
    }
  }
}
