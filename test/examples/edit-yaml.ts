import { isMap, isScalar, isSeq, type Node, Scalar, stringify } from 'yaml';

interface Splice {
  start: number;
  end: number;
  text: string;
}

/**
 * The text of a YAML file with another value in the place of a node. Everything that stays the same keeps its text:
 * comments, order, quotes and line breaks.
 */
export function replaceValue(source: string, node: Node, value: unknown): string {
  return splicesOf(source, node, value)
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: part }) => text.slice(0, start) + part + text.slice(end), source);
}

function splicesOf(source: string, node: Node, value: unknown): Splice[] {
  if (isMap(node) && isMembers(value)) {
    const names = node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
    if (names.join('\n') === Object.keys(value).join('\n'))
      return node.items.flatMap(({ key, value: inner }, index) => {
        const next = value[names[index] as string];
        const splices = splicesOf(source, inner as Node, next);
        // Nothing is left of a block, so it moves behind its key.
        if (!isEmpty(next) || !isBlock(inner)) return splices;
        const start = (key as Scalar).range?.[1] ?? 0;
        return splices.map(({ end }) => ({ start, end, text: Array.isArray(next) ? ': []' : ': {}' }));
      });
  }
  if (isSeq(node) && Array.isArray(value) && node.items.length === value.length)
    return node.items.flatMap((item, index) => splicesOf(source, item as Node, value[index]));
  if (isScalar(node) && node.value === value) return [];
  const [start, end] = node.range as [number, number, number];
  const length = source.slice(start, end).trimEnd().length;
  return [{ start, end: start + length, text: render(source, node, value) }];
}

/** A value in the style of the node that it replaces. */
function render(source: string, node: Node, value: unknown): string {
  const [start] = node.range as [number, number, number];
  const options = { lineWidth: 0, singleQuote: true } as const;
  if (isScalar(node) && (typeof value !== 'object' || value === null)) {
    const scalar = new Scalar(value);
    if (typeof value === 'string' && typeof node.value === 'string' && node.type) scalar.type = node.type;
    return indent(stringify(scalar, options), columnOf(source, start)).trimEnd();
  }
  const isFlow = isScalar(node) || (node as { flow?: boolean }).flow === true;
  if (isFlow) return renderFlow(value, source.slice(start, node.range?.[1]));
  return indent(stringify(value, options), columnOf(source, start)).trimEnd();
}

/** On one line, with quotes and spaces as in the text that it replaces. */
function renderFlow(value: unknown, before: string): string {
  if (Array.isArray(value)) return `[${value.map((one) => renderFlow(one, before)).join(', ')}]`;
  if (isMembers(value)) {
    const isQuoted = /^[[{ ]*["']/.test(before);
    const members = Object.entries(value).map(
      ([name, one]) => `${isQuoted ? JSON.stringify(name) : name}: ${renderFlow(one, before)}`,
    );
    const space = /^\{ /.test(before) ? ' ' : '';
    return members.length === 0 ? '{}' : `{${space}${members.join(', ')}${space}}`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  if (before.includes('"')) return JSON.stringify(value);
  const plain = stringify(value, { lineWidth: 0, singleQuote: true }).trimEnd();
  return /[,[\]{}]/.test(plain) && !/^['"]/.test(plain) ? `'${plain.replaceAll("'", "''")}'` : plain;
}

const isBlock = (node: unknown) => (isMap(node) || isSeq(node)) && node.flow !== true;
const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const columnOf = (source: string, at: number): number => at - (source.lastIndexOf('\n', at - 1) + 1);
const indent = (text: string, column: number): string => text.replace(/\n(?=.)/g, `\n${' '.repeat(column)}`);
const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
