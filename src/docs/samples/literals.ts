/** Values as the languages of the samples write them. */

const isName = (text: string) => /^[A-Za-z_$][\w$]*$/.test(text);

/** A value of JavaScript in single quotes, an object on several lines. */
export function toJavaScript(value: unknown, indent = ''): string {
  if (typeof value === 'string') return singleQuoted(value);
  return render(value, indent, {
    list: ['[', ']'],
    map: ['{', '}'],
    pair: (key, item) => `${isName(key) ? key : singleQuoted(key)}: ${item}`,
    item: toJavaScript,
    scalar: String,
  });
}

export function toPython(value: unknown, indent = ''): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return render(value, indent, {
    list: ['[', ']'],
    map: ['{', '}'],
    pair: (key, item) => `${JSON.stringify(key)}: ${item}`,
    item: toPython,
    scalar: (scalar) =>
      scalar === null ? 'None' : scalar === true ? 'True' : scalar === false ? 'False' : `${scalar}`,
  });
}

export function toPhp(value: unknown, indent = ''): string {
  if (typeof value === 'string') return phpString(value);
  // An empty object would become an empty list.
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)
    return 'new stdClass()';
  return render(value, indent, {
    list: ['[', ']'],
    map: ['[', ']'],
    pair: (key, item) => `${phpString(key)} => ${item}`,
    item: toPhp,
    scalar: String,
  });
}

interface Syntax {
  list: [string, string];
  map: [string, string];
  pair(key: string, item: string): string;
  item(value: unknown, indent: string): string;
  scalar(value: unknown): string;
}

function render(value: unknown, indent: string, syntax: Syntax): string {
  if (typeof value !== 'object' || value === null) return syntax.scalar(value);
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? syntax.list : syntax.map;
  const items = Array.isArray(value)
    ? value.map((item) => syntax.item(item, inner))
    : Object.entries(value).map(([key, item]) => syntax.pair(key, syntax.item(item, inner)));
  if (items.length === 0) return open + close;
  const line = `${open === '{' ? '{ ' : open}${items.join(', ')}${close === '}' ? ' }' : close}`;
  if (indent.length + line.length <= 80 && !line.includes('\n')) return line;
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}${close}`;
}

const singleQuoted = (text: string) =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** In single quotes a line break stands for itself; the others need no escape but these. */
const phpString = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
