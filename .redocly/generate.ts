/**
 * Makes `generated/` from the contracts. For each API that redocly.yaml registers: the bundled contract (`<api>.json`),
 * the same in English (`<api>.en.json`) and its types (`<api>.ts`); and where the API has a socket, its AsyncAPI document
 * in both languages. `journeys.json` has the journeys for the docs. `--check` writes nothing; it fails when a file is not what it would be, and when en.yaml lacks a text
 * or translates one that is gone.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Contract } from '../src/http/contract.ts';
import { bundleContract } from '../src/mock/bundle-contract.ts';
import { projectRoot } from '../src/root.ts';
import { readJourneys } from './journeys.ts';
import { type Dictionary, findMissing, findStale, readDictionary, translate } from './prose.ts';

interface Register {
  apis: Record<string, { root: string; output: string; 'x-openapi-ts': { output: string } }>;
}

const check = process.argv.includes('--check');
const home = projectRoot();
const { apis } = parse(readFileSync(join(home, 'redocly.yaml'), 'utf8')) as Register;
const shared = readDictionary(join(home, 'openapi', 'common'));
const contracts = new Map<string, Contract>();
for (const [api, { root, output, 'x-openapi-ts': types }] of Object.entries(apis)) {
  const folder = dirname(root);
  const contract = await bundleContract(join(home, root));
  contracts.set(api, contract);
  const socket = readSocket(folder);
  const own = readDictionary(join(home, folder));
  // Where both have a text, the API's own translation counts.
  const dictionary = { ...shared, ...own };
  putBoth(output, contract, dictionary);
  if (socket !== undefined) putBoth(output.replace(/\.json$/, '.asyncapi.json'), socket, dictionary);
  put(types.output, await renderTypes(contract));
  const documents = [contract, socket];
  for (const [text, pointer] of findMissing(documents, dictionary))
    complain(`${folder}/en.yaml has no English for the text at ${pointer}: ${text}`);
  for (const text of findStale(documents, own))
    complain(`${folder}/en.yaml translates a text that the contract no longer has: ${text}`);
}

const journeys = readJourneys(home, contracts);
putBoth('generated/journeys.json', journeys, shared);
for (const [text, pointer] of findMissing(journeys, shared))
  complain(`openapi/common/en.yaml has no English for the text of the journeys at ${pointer}: ${text}`);

/** The AsyncAPI document of an API; undefined when it has no socket. */
function readSocket(folder: string): unknown {
  const text = read(join(folder, 'asyncapi.yaml'));
  return text === undefined ? undefined : parse(text);
}

/** Writes a document, and the same in English beside it. */
function putBoth(output: string, document: unknown, dictionary: Dictionary): void {
  put(output, renderJson(document));
  put(output.replace(/\.json$/, '.en.json'), renderJson(translate(document, dictionary)));
}

/** Types take most of the time, so node_modules/.cache keeps them by a digest of all that they are made from. */
async function renderTypes(contract: Contract): Promise<string> {
  const sources = [JSON.stringify(contract), read('.redocly/types.ts'), read('package-lock.json')];
  const digest = createHash('sha256').update(JSON.stringify(sources)).digest('hex');
  const folder = join(home, 'node_modules', '.cache', 'qiyue');
  const file = join(folder, `${digest}.ts`);
  if (!existsSync(file)) {
    const { renderTypes } = await import('./types.ts');
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, await renderTypes(contract));
    renameSync(`${file}.${process.pid}`, file);
  }
  return readFileSync(file, 'utf8');
}

function renderJson(contract: unknown): string {
  return `${JSON.stringify(contract, null, 2)}\n`;
}

function put(file: string, text: string): void {
  if (!check) writeFileSync(join(home, file), text);
  else if (read(file) !== text) complain(`${file} is stale: run \`npm run generate\``);
}

function complain(message: string): void {
  console.error(message);
  if (check) process.exitCode = 1;
}

function read(file: string): string | undefined {
  const path = join(home, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
