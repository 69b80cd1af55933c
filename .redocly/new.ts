/**
 * Makes the skeleton of an API or of an operation:
 *
 *     npm run new -- api shop
 *     npm run new -- operation shop createOrder post /orders orders
 *
 * What it makes passes lint and types. The function answers 501, and the API's contract test names what is left to do.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { apiFiles, type CommonParts, type NewOperation, operationFile, testFile } from './skeleton.ts';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const methods = ['get', 'put', 'post', 'delete', 'patch'];

const read = (file: string) => readFileSync(join(home, file), 'utf8');
const exists = (file: string) => existsSync(join(home, file));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(home, file)), { recursive: true });
  writeFileSync(join(home, file), text);
}

/** Changes a file, and fails when the change found no place. */
function edit(file: string, change: (text: string) => string): void {
  const before = read(file);
  const after = change(before);
  if (after === before) throw new Error(`${file} has no place for the new lines: it differs from the other rooms`);
  write(file, after);
}

function newApi(name: string): void {
  if (!/^[a-z][a-z0-9]*$/.test(name)) throw new UsageError('The name of an API is a lower-case word');
  if (exists(`openapi/${name}`)) throw new UsageError(`There is an API ${name} already`);
  for (const [file, text] of Object.entries(apiFiles(name))) write(file, text);
  edit('redocly.yaml', (text) =>
    text.replace(
      /\n(?=telemetry:)/,
      `  ${name}:\n    root: openapi/${name}/openapi.yaml\n    output: generated/${name}.json\n    x-openapi-ts:\n      output: generated/${name}.ts\n\n`,
    ),
  );
  edit('src/app.ts', (text) =>
    text
      .replace(/(const originals: readonly Api\[\] = \[[^\]]*)\]/, `$1, ${name}]`)
      .replace(/^/, `import { ${name} } from './${name}/index.ts';\n`),
  );
  edit('src/client/index.ts', (text) => `${text}export * from './${name}.ts';\n`);
  newOperation({ api: name, id: 'getStatus', method: 'get', path: '/status', tag: 'statuses' });
}

function newOperation(operation: NewOperation): void {
  const { api, id, method, path, tag } = operation;
  requireFree(operation);
  const pathFile = `openapi/${api}/paths/${path.slice(1).replaceAll('/', '_')}.yaml`;
  const common = commonParts(operation);
  const { contract, english } = operationFile(operation, common);
  write(pathFile, (exists(pathFile) ? read(pathFile) : '') + contract);
  const index = `openapi/${api}/openapi.yaml`;
  write(index, addToIndex(read(index), operation, relative(`openapi/${api}`, pathFile)));
  addEnglish(api, {
    ...english,
    [`待写：${tag}`]: `To be written: ${tag}`,
    [`待写：${tag}。`]: `To be written: ${tag}.`,
  });
  for (const [file, line] of [
    ['CHANGELOG.md', `- \`${id}\`：待写。`],
    ['CHANGELOG.en.md', `- \`${id}\`: to be written.`],
  ])
    edit(`openapi/${api}/${file}`, (text) => text.replace(/(## [^\n]+\n\n(?:- [^\n]*\n)*)/, `$1${line}\n`));

  addFunction(operation, common);

  const test = `test/${api}/${tag}.test.ts`;
  if (!exists(test)) write(test, testFile(operation));
  edit(`test/contract/${api}.cases.ts`, (text) =>
    addCases(text, operation, Object.keys(parse(contract)[method].responses), common.errors),
  );
}

/** Adds the function, and where its tag is new the module. An API with an envelope has a function type without it. */
function addFunction({ api, id, tag }: NewOperation, { errors }: CommonParts): void {
  const type = errors ? 'ApiOperation' : 'Operation';
  const module = `src/${api}/operations/${tag}.ts`;
  const before = exists(module) ? read(module) : '';
  const imports = [
    "import { HttpError } from '../../errors.ts';",
    `import type { ${type} } from '../wire/operation.ts';`,
  ].filter((line) => !before.includes(line));
  const code = `export const ${id}: ${type}<'${id}'> = () => {
  throw new HttpError('not_implemented', '${id} is not written yet');
};`;
  write(module, `${[...imports, before, code].join('\n')}\n`);
  const opening = errors ? 'withEnvelope({' : 'const operations = {';
  if (before === '') edit(`src/${api}/index.ts`, (text) => addModule(text, tag, opening));
}

function requireFree({ api, id, method, path, tag }: NewOperation): void {
  if (!exists(`openapi/${api}/openapi.yaml`)) throw new UsageError(`There is no API ${api}`);
  if (!/^[a-z][A-Za-z0-9]*$/.test(id)) throw new UsageError('An operationId is camelCase, verb first: createTodo');
  if (!methods.includes(method)) throw new UsageError(`The method is one of ${methods.join(', ')}`);
  if (!path.startsWith('/')) throw new UsageError('The path begins with a slash: /todos/{todo_id}');
  if (!/^[a-z][a-z-]*$/.test(tag)) throw new UsageError('A tag is a plural noun in kebab-case: todo-lists');
  const { paths } = bundleOf(api);
  for (const [known, item] of Object.entries(paths)) {
    if (known === path && item[method]) throw new UsageError(`${api} has ${method} ${path} already`);
    if (Object.values(item).some(({ operationId }) => operationId === id))
      throw new UsageError(`${api} has an operation ${id} already`);
  }
}

interface Described {
  'x-errors'?: number[];
  'x-levels'?: string[];
  operationId?: string;
  responses?: Record<string, { $ref?: string; content?: object }>;
  security?: unknown;
  requestBody?: unknown;
}

/** The contract as its author wrote it, references between files included. */
function bundleOf(api: string): { paths: Record<string, Record<string, Described>> } {
  const index = parse(read(`openapi/${api}/openapi.yaml`)) as { paths?: Record<string, { $ref: string }> | null };
  const items = Object.entries(index.paths ?? {}).map(([path, { $ref }]) => [
    path,
    parse(read(`openapi/${api}/${$ref}`)),
  ]);
  return { paths: Object.fromEntries(items) };
}

/** What the nearest operations of the API have in common: security, media types of success, error responses. */
function commonParts({ api, method, path }: NewOperation): CommonParts {
  const hasBody = method !== 'get' && method !== 'delete';
  const candidates = Object.entries(bundleOf(api).paths).flatMap(([known, item]) =>
    Object.values(item)
      .filter(({ operationId }) => operationId !== undefined)
      .map((operation) => ({ operation, distance: -sharedSegments(known, path) })),
  );
  const nearest = Math.min(...candidates.map(({ distance }) => distance));
  const near = candidates.filter(({ distance }) => distance === nearest).map(({ operation }) => operation);
  const alike = near.filter(({ requestBody }) => (requestBody !== undefined) === hasBody);
  const statuses = hasBody ? ['400', '406', '413', '415', '500'] : ['400', '406', '500'];
  const responses: Record<string, { $ref: string }> = {};
  for (const status of statuses) {
    const references = (alike.length > 0 ? alike : near).flatMap(({ responses }) => responses?.[status]?.$ref ?? []);
    const reference = mostFrequent(references) ?? fallback(api, status);
    if (reference !== undefined) responses[status] = { $ref: reference };
  }
  const numbered = near.flatMap((operation) => (operation['x-errors'] ? [operation['x-errors']] : []));
  const errors = numbered[0]?.filter((number) => numbered.every((numbers) => numbers.includes(number)));
  const levels = near.map((operation) => JSON.stringify(operation['x-levels'] ?? null));
  const securities = near.map(({ security }) => JSON.stringify(security));
  const mediaTypes = near.flatMap(({ responses }) => {
    const types = Object.keys(responses?.[200]?.content ?? {}).filter((type) => type.endsWith('json'));
    return types.length > 0 ? [JSON.stringify(types)] : [];
  });
  return {
    security: JSON.parse(mostFrequent(securities) ?? '[{}]'),
    mediaTypes: JSON.parse(mostFrequent(mediaTypes) ?? '["application/json"]'),
    responses,
    ...(errors && { errors, levels: JSON.parse(mostFrequent(levels) ?? 'null') }),
  };
}

/** The response that `new api` made for a status; other APIs may have none. */
function fallback(api: string, status: string): string | undefined {
  const names: Record<string, string> = {
    413: 'ContentTooLarge',
    415: 'UnsupportedMediaType',
    400: 'InvalidRequest',
    406: 'NotAcceptable',
    500: 'ServerError',
  };
  const file = `components/responses/${names[status]}.yaml`;
  return exists(`openapi/${api}/${file}`) ? `../${file}` : undefined;
}

function sharedSegments(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')];
  const different = a.findIndex((segment, index) => segment !== b[index]);
  return different < 0 ? a.length : different;
}

function mostFrequent(values: readonly string[]): string | undefined {
  const count = (value: string) => values.filter((one) => one === value).length;
  return [...new Set(values)].sort((a, b) => count(b) - count(a))[0];
}

/** Adds the path and, where it is new, the tag. */
function addToIndex(text: string, { path, tag }: NewOperation, file: string): string {
  const index = parse(text) as { tags?: { name: string }[] | null; paths?: Record<string, unknown> | null };
  const tags = `  - name: ${tag}\n    x-displayName: 待写：${tag}\n    description: 待写：${tag}。\n`;
  const paths = `  ${path}:\n    $ref: ${file}\n`;
  const withTag = index.tags?.some(({ name }) => name === tag) ? text : addToBlock(text, 'tags', tags);
  return index.paths?.[path] === undefined ? addToBlock(withTag, 'paths', paths) : withTag;
}

/** Adds lines at the end of a top-level block of a YAML file. */
const addToBlock = (text: string, key: string, lines: string): string =>
  text.replace(new RegExp(`^(${key}:\\n(?:[ #].*\\n|\\n(?= ))*)`, 'm'), `$1${lines}`);

/** Adds the English of texts that the dictionary does not have and the contract uses. */
function addEnglish(api: string, english: Record<string, string>): void {
  const file = `openapi/${api}/en.yaml`;
  const known = (parse(read(file)) ?? {}) as Record<string, string>;
  const contract = JSON.stringify([parse(read(`openapi/${api}/openapi.yaml`)), bundleOf(api)]);
  const added = Object.entries(english).filter(
    ([text]) => known[text] === undefined && contract.includes(JSON.stringify(text)),
  );
  write(file, read(file) + added.map((entry) => stringify(Object.fromEntries([entry]), { lineWidth: 0 })).join(''));
}

/** `import * as todos from './operations/todos.ts'`, and its operations among those of the API. */
function addModule(text: string, tag: string, opening: string): string {
  const words = tag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const name = new RegExp(`\\b${words}\\b`).test(text) ? `${words}Operations` : words;
  return text
    .replace(`${opening}\n`, `${opening}\n  ...${name},\n`)
    .replace(/^(import )/m, `import * as ${name} from './operations/${tag}.ts';\n$1`);
}

/** One case for each status that the harness does not bring about by itself. */
function addCases(
  text: string,
  { id }: NewOperation,
  statuses: readonly string[],
  errors: readonly number[] | undefined,
): string {
  const made = new Set(['400', '406', '413', '415', '500']);
  const lines = statuses
    .filter((status) => !made.has(status))
    .map((status) => `      ${status}: ${errors ? '{ 0: todo }' : 'todo'},\n`);
  const added = text.replace(/^( {2}cases: \{\n)/m, `$1    ${id}: {\n${lines.join('')}    },\n`);
  return /\btodo\b.* from '\.\/harness\.ts'/.test(text)
    ? added
    : added.replace(/^/, "import { todo } from './harness.ts';\n");
}

/** A mistake in the command: its message is all that is printed. */
class UsageError extends Error {
  override name = 'UsageError';
}

const usage = 'npm run new -- api <name>\nnpm run new -- operation <api> <operationId> <method> <path> <tag>';

try {
  const [kind, ...words] = process.argv.slice(2);
  if (kind === 'api' && words.length === 1) {
    newApi(words[0] as string);
  } else if (kind === 'operation' && words.length === 5) {
    const [api, id, method, path, tag] = words as [string, string, string, string, string];
    newOperation({ api, id, method: method.toLowerCase(), path, tag });
  } else {
    throw new UsageError(usage);
  }
  const run = (command: string, ...parameters: string[]) =>
    execFileSync(command, parameters, { cwd: home, stdio: 'inherit' });
  run('npm', 'run', '--silent', 'generate');
  run('npx', 'biome', 'check', '--write', '--log-level=error');
  console.log('Made. The contract test names what is left to do: npm test -- test/contract');
} catch (error) {
  // A command that failed has said why.
  if (!(error instanceof UsageError) && !(error instanceof Error && 'status' in error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
