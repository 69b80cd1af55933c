import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Document, LineCounter, Node } from 'yaml';
import { projectRoot } from '../../root.ts';
import type { Place } from './contract-places.ts';

/**
 * The line of the hand-written contract that a place of its bundle comes from: `openapi/tower/paths/api_v1_user.yaml:12`.
 * The names of the files follow from the place: every path and every component has its own. Where the file does not have
 * the place, as with the refusals that `x-errors` adds, it is the line of the nearest place around it.
 *
 * @returns undefined where the sources of the contracts are not installed
 */
export async function contractLine(api: string, place: Place): Promise<string | undefined> {
  const [kind, name = '', ...rest] = place;
  const candidates: [file: string, inside: Place][] =
    kind === 'paths' && name !== ''
      ? [[`openapi/${api}/paths/${name.slice(1).replaceAll('/', '_')}.yaml`, rest]]
      : kind === 'components'
        ? [
            [`openapi/${api}/components/${name}/${rest[0]}.yaml`, rest.slice(1)],
            [`openapi/common/${name}/${rest[0]}.yaml`, rest.slice(1)],
          ]
        : [[`openapi/${api}/openapi.yaml`, place]];
  for (const [file, inside] of candidates) {
    const path = join(projectRoot(), file);
    if (existsSync(path)) return `${file}:${await lineIn(path, inside)}`;
  }
  return undefined;
}

interface Source {
  document: Document;
  lines: LineCounter;
}

const sources = new Map<string, Source & { changedAt: number }>();

/** A contract may be edited while the server runs: a file that has changed is read again. */
async function readSource(path: string): Promise<Source> {
  const changedAt = statSync(path).mtimeMs;
  const known = sources.get(path);
  if (known?.changedAt === changedAt) return known;
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const source = { document: parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines }), lines, changedAt };
  sources.set(path, source);
  return source;
}

async function lineIn(path: string, place: Place): Promise<number> {
  const { isMap, isScalar, isSeq } = await import('yaml');
  const { document, lines } = await readSource(path);
  let node: unknown = document.contents;
  let offset = 0;
  for (const token of place) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === token);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(token)];
      offset = (next as Node | undefined)?.range?.[0] ?? offset;
    }
    if (next === undefined) break;
    node = next;
  }
  return lines.linePos(offset).line;
}
