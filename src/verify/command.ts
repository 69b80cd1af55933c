import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { readConfig } from '../config.ts';
import { parseDuration } from '../duration.ts';
import type { Api } from '../http/api.ts';
import { type Fields, readCredentials } from './credentials.ts';
import { VerifyError } from './error.ts';
import { type HarOptions, verifyHar } from './har.ts';
import { toJunit } from './junit.ts';
import { toOverlay } from './overlay.ts';
import type { Verification } from './recorder.ts';
import type { Node } from './references.ts';
import type { Report } from './report.ts';
import { toSarif } from './sarif.ts';
import { toTemplate } from './template.ts';
import { toText } from './text.ts';
import { requireServer, verify } from './verify.ts';

/** The options of `qiyue verify`, as texts of the command line. */
export interface CommandOptions {
  api?: string;
  credentials?: string;
  readOnly?: boolean;
  write?: boolean;
  slow?: string;
  format?: string;
  strict?: boolean;
  template?: boolean;
  patch?: string;
  har?: string;
}

type Log = (line: string) => void;

/**
 * Runs `qiyue verify`.
 *
 * @param apis those that can be verified
 * @param log gets what is done, line by line
 * @returns what to print, and how many findings there are
 * @throws VerifyError when it could not run
 */
export async function runVerify(
  apis: readonly Api[],
  address: string | undefined,
  options: CommandOptions,
  log: Log,
): Promise<{ output: string; findings: number }> {
  const api = requireApi(apis, options.api);
  if (options.template) {
    const url = requireUrl(address ?? `http://127.0.0.1:3000/${api.name}`);
    return { output: json(toTemplate(api, url, readConfig(apis, {}))), findings: 0 };
  }
  if (options.readOnly && options.write) throw new VerifyError('--read-only and --write exclude each other');
  const format = requireFormat(options.format);
  const settings = {
    api: api.name,
    contract: api.contract as unknown as Node,
    url: requireUrl(address),
    slowMs: requireDuration(options.slow ?? '5s'),
    strict: options.strict === true,
  };
  const result =
    options.har === undefined ? await run(api, settings, options, log) : await verifyHar(options.har, settings);
  if (options.patch !== undefined) await writePatch(options.patch, settings.contract, result, log);
  return { output: format(result), findings: result.report.findings.length };
}

async function run(api: Api, settings: HarOptions, options: CommandOptions, log: Log): Promise<Verification> {
  const { credentials: file } = options;
  // A wrong file shows at once.
  const given = file === undefined ? undefined : await readCredentials(file, api.name);
  await requireServer(settings.url);
  const credentials = given ?? (await credentialsOfSandbox(settings.url, api.name, log));
  const tokenPath = api.demo?.samples?.signIn?.path;
  return verify({ ...settings, tokenPath, credentials, write: options.write === true, onProgress: log });
}

async function writePatch(file: string, contract: Node, result: Verification, log: Log): Promise<void> {
  const { overlay, left } = toOverlay(contract, result);
  const text = /\.ya?ml$/.test(file) ? stringify(overlay, { aliasDuplicateObjects: false }) : `${json(overlay)}\n`;
  await writeFile(file, text).catch((error: Error) => {
    throw new VerifyError(`The patch cannot be written: ${error.message}`);
  });
  if (left.length > 0) log(`${left.length} findings are not in the patch: no contract can describe them`);
}

/** @throws VerifyError unless there is such an API */
function requireApi(apis: readonly Api[], name: string | undefined): Api {
  // The control API of a sandbox is no API of its own.
  const known = apis.filter(({ demo }) => demo !== undefined);
  const found = known.find((api) => api.name === name);
  if (found !== undefined) return found;
  const names = known.map((api) => api.name).join(', ');
  throw new VerifyError(
    name === undefined ? `--api is missing: one of ${names}` : `There is no API ${name}; there are ${names}`,
  );
}

const json = (value: object) => JSON.stringify(value, null, 2);

const formats: Readonly<Record<string, (result: Verification) => string>> = {
  text: toText,
  json: ({ report }) => json(report satisfies Report),
  junit: ({ report }) => toJunit(report),
  sarif: ({ report }) => json(toSarif(report)),
};

function requireFormat(name = 'text'): (result: Verification) => string {
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format === undefined) throw new VerifyError(`--format must be one of ${Object.keys(formats).join(', ')}`);
  return format;
}

function requireUrl(address: string | undefined): string {
  if (address === undefined)
    throw new VerifyError('The address of the API is missing, such as http://127.0.0.1:3000/tower');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new VerifyError(`${address} is not an address of HTTP, such as http://127.0.0.1:3000/tower`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new VerifyError('The address has a name, a query or a fragment: it must be the base of the API alone');
  return url.href.replace(/\/+$/, '');
}

function requireDuration(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined || duration <= 0)
    throw new VerifyError(`--slow must be a duration such as 800ms or 5s, not ${text}`);
  return duration;
}

/** How long a server may take to say whether it is a sandbox. */
const SANDBOX_TIMEOUT_MS = 5_000;

/** The demo credentials, where the server is a sandbox. */
async function credentialsOfSandbox(url: string, api: string, log: Log): Promise<Fields | undefined> {
  if (new URL(url).pathname === '/') return undefined;
  const address = url.replace(/\/[^/]*$/, '/sandbox/credentials');
  const answer = await fetch(address, { signal: AbortSignal.timeout(SANDBOX_TIMEOUT_MS) })
    .then((response) => (response.ok ? (response.json() as Promise<Record<string, Fields>>) : undefined))
    .catch(() => undefined);
  const own = answer?.[api];
  log(
    own === undefined
      ? 'No --credentials: operations that need some are called without'
      : `The server is a sandbox: its demo credentials are used (${address})`,
  );
  return own;
}
