import { HttpError } from '../errors.ts';

/** A document in YAML: its value, and the line of each part of it. */
export interface YamlDocument {
  value: unknown;
  /** The line, from 1, at which a JSON pointer leads; for something that is missing, that of what should contain it. */
  lineOf(pointer: string): number;
}

/**
 * Reads a document in YAML 1.2, of which JSON is a part.
 *
 * @throws HttpError malformed_request with the line
 */
export async function parseYaml(text: string): Promise<YamlDocument> {
  const { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw malformed(error.message, lines.linePos(error.pos[0]).line);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (problem) {
    // Aliases that lead nowhere, or to too much.
    throw malformed((problem as Error).message, 1);
  }

  const lineOf = (pointer: string): number => {
    let node: unknown = document.contents;
    let offset = document.contents?.range?.[0] ?? 0;
    for (const token of pointer.split('/').slice(1)) {
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === name);
        if (pair === undefined) break;
        offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(name)];
        offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? offset;
      } else break;
    }
    return lines.linePos(offset).line;
  };
  return { value, lineOf };
}

const malformed = (message: string, line: number) =>
  new HttpError('malformed_request', `The YAML cannot be read: line ${line}: ${message}`, {
    details: [{ path: '/body', message, keyword: 'yaml', line }],
  });

const documents = new WeakMap<object, YamlDocument>();

/** Remembers which document a body was read from. */
export function keepDocument(body: unknown, document: YamlDocument): void {
  if (typeof body === 'object' && body !== null) documents.set(body, document);
}

/** The line of a place in a body that was sent as YAML. @param path as in `ErrorDetail` */
export function lineInBody(body: unknown, path: string): number | undefined {
  if (typeof body !== 'object' || body === null || !/^\/body(\/|$)/.test(path)) return undefined;
  return documents.get(body)?.lineOf(path.slice('/body'.length));
}
