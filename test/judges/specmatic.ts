import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../consumers/processes.ts';
import type { Finding, Judge } from './judges.ts';
import { createRequests, type JudgedRequest, sendTo } from './requests.ts';

/**
 * Specmatic's contract test: it sends the requests of the documentation and holds the answers against the contract. It
 * needs Java.
 */
export const specmatic: Judge = {
  name: 'specmatic',
  packages: { specmatic: '2.55.1' },
  async judge({ api, contract, url, folder, packages }) {
    const examples = join(folder, 'examples');
    await mkdir(examples);
    const judged = join(folder, `${api}.json`);
    await writeFile(judged, JSON.stringify(toJudged(JSON.parse(await readFile(contract, 'utf8')) as Contract)));
    // Each example needs an answer. It comes from the sandbox; the test is sent to other worlds.
    const [first, second] = [await createRequests(url, api), await createRequests(url, api)];
    for (const [index, request] of first.entries()) {
      const example = await toExample(request, second[index]?.headers ?? {}, await sendTo(`${url}/${api}`, request));
      if (example === undefined) continue;
      await writeFile(join(examples, `${request.operationId}.json`), JSON.stringify(example, null, 2));
    }
    const command = [
      ...['java', '-jar', join(packages, 'node_modules/specmatic/specmatic.jar'), 'test', judged],
      ...[
        '--lenient',
        '--strict',
        '--examples',
        examples,
        '--testBaseURL',
        `${url}/${api}`,
        '--junitReportDir',
        folder,
      ],
    ];
    const test = async () => {
      await run(command, folder, '', 600, [0, 1]);
      return readFile(join(folder, 'TEST-junit-jupiter.xml'), 'utf8');
    };
    const report = await test();
    const unread = readUnread(api, report);
    if (unread.length === 0) return readFailures(api, report);
    // It begins only when it can read all examples.
    for (const { where } of unread) await rm(join(examples, `${where}.json`), { force: true });
    return [...unread, ...readFailures(api, await test())];
  },
};

interface Contract {
  paths: Record<string, Record<string, unknown>>;
}

const text = { type: 'string' };
/** What every request may have: its world, and its credentials. */
const headers = ['Qiyue-World', 'Authorization', 'Cookie'].map((name) => ({ name, in: 'header', schema: text }));

/**
 * The contract as far as Specmatic reads it. Of two ways to sign in it wants both in one request, and it knows neither
 * cookies nor the scheme `OAuth`; so credentials are mere headers here.
 */
function toJudged(contract: Contract): unknown {
  const paths = Object.entries(contract.paths).map(([path, item]) => {
    const { parameters = [] } = item as { parameters?: object[] };
    return [path, { ...item, parameters: [...parameters, ...headers] }];
  });
  return simplify({ ...contract, paths: Object.fromEntries(paths) });
}

/** Without security, and without examples: Specmatic wants a request of the same name for each example of an answer. */
function simplify(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(simplify);
  if (typeof node !== 'object' || node === null) return node;
  const isLeftOut = (name: string) =>
    ('schema' in node && /^examples?$/.test(name)) ||
    (name === 'security' && Array.isArray((node as { security: unknown }).security)) ||
    name === 'securitySchemes';
  const members = Object.entries(node).filter(([name]) => !isLeftOut(name));
  const simple = Object.fromEntries(members.map(([name, value]) => [name, simplify(value)]));
  if (simple.requestBody) simple.requestBody = withOneType(simple.requestBody as Body);
  for (const [name, body] of Object.entries((simple.requestBodies ?? {}) as Record<string, Body>))
    (simple.requestBodies as Record<string, Body>)[name] = withOneType(body);
  return simple;
}

interface Body {
  content?: Record<string, unknown>;
}

/** The body with the media type that the documentation shows. Of several, Specmatic finds no operation for it. */
const withOneType = ({ content, ...body }: Body): Body => ({
  ...body,
  ...(content && { content: Object.fromEntries(Object.entries(content).slice(0, 1)) }),
});

async function toExample({ sample }: JudgedRequest, headers: Record<string, string>, response: Response) {
  const { method, body } = sample;
  const type = response.headers.get('content-type') ?? '';
  const location = response.headers.get('location');
  const text = await response.text();
  if (response.status >= 400 || body?.kind === 'multipart' || body?.kind === 'bytes') return undefined;
  const path = sample.parameters.reduce(
    (found, { in: place, name, value }) =>
      place === 'path' ? found.replace(`{${name}}`, encodeURIComponent(`${value}`)) : found,
    sample.path,
  );
  const query = sample.parameters.filter((one) => one.in === 'query').map(({ name, value }) => [name, `${value}`]);
  return {
    'http-request': {
      method,
      path,
      query: Object.fromEntries(query),
      headers,
      ...(body?.kind === 'json' && { body: body.value }),
      ...(body?.kind === 'form' && { 'form-fields': Object.fromEntries(body.fields) }),
    },
    'http-response': {
      status: response.status,
      headers: { ...(type !== '' && { 'Content-Type': type }), ...(location !== null && { Location: location }) },
      ...(text !== '' && { body: type.includes('json') ? JSON.parse(text) : text }),
    },
  };
}

/** The examples that Specmatic does not find an operation for, by its reading of the contract. */
function readUnread(api: string, report: string): Finding[] {
  // The report has each message twice: as an attribute, in which quotes are escaped, and as text.
  const texts = [...report.matchAll(/<failure message="([^"]*)"/g)].map(([, text = '']) => decode(text));
  const each = texts
    .join('\n')
    .matchAll(/(?:loading|The) example [^\n]*\/examples\/(\w+)\.json([\s\S]*?)(?=Error loading|The example|$)/g);
  return [...each].map(([, where = '', message = '']) => ({ api, rule: 'example', where, message: message.trim() }));
}

/** The tests that failed, and the run where it has no tests. */
function readFailures(api: string, report: string): Finding[] {
  const failed = [...report.matchAll(/<testcase [^>]*name="([^"]*)"[^>]*>\s*<failure message="([^"]*)"/g)];
  const findings = failed.map(([, name = '', message = '']) => ({
    api,
    rule: 'test',
    where: decode(name).split(' > ').at(-1) ?? '',
    message: decode(message),
  }));
  const isEmpty = !/<testcase /.test(report);
  return isEmpty ? [{ api, rule: 'run', where: '', message: 'Specmatic made no test' }] : findings;
}

const decode = (text: string) =>
  text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
