import { addressedContract } from '../docs/addressed-contract.ts';
import type { Addresses } from '../docs/addresses.ts';
import { operationMarkdown } from '../docs/agents/operation.ts';
import { listOperations } from '../docs/samples/example.ts';
import type { Api } from '../http/api.ts';
import { type CallInput, type Credentials, demoCredentials, exampleCall } from './example.ts';
import { CallError, findOperation, type KnownOperation } from './operations.ts';
import { type CallRequest, toRequest } from './request.ts';
import type { Search } from './search.ts';
import type { CallAnswer } from './send.ts';

/** Where calls go, and as whom. */
export interface Target {
  apis: readonly Api[];
  addresses: Addresses;
  /** Sends a request to one of the APIs. */
  send(api: Api, request: CallRequest): Promise<CallAnswer>;
  /** The credentials of calls that have none of their own; in place of those of demo people. */
  credentials?(known: KnownOperation): Credentials;
}

const text = { type: 'string' } as const;
const values = { type: 'object' } as const;
const names = { api: { ...text, description: 'tower, ucenter, ppmessage, gobelieve or sandbox' }, operation: text };

/** As `tools/list` has them. The whole list stays below 4 kB, because a model reads it with every conversation. */
export const tools = [
  {
    name: 'search',
    description: 'Find operations by words in English or Chinese, a path or an error number. Best first.',
    inputSchema: { type: 'object', properties: { query: text, api: names.api }, required: ['query'] },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
    name: 'describe',
    description:
      'Everything about one operation: parameters, fields, responses and errors. `example` is an input for `call` that works.',
    inputSchema: { type: 'object', properties: names, required: ['api', 'operation'] },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
    name: 'call',
    description:
      'Call an operation; returns status, headers and body. Input that breaks the contract is not sent; the error names the field and the rule.',
    inputSchema: {
      type: 'object',
      properties: {
        ...names,
        path: { ...values, description: 'Parameters in the path' },
        query: { ...values, description: 'Parameters in the query' },
        headers: { ...values, description: 'Headers; authorization replaces the credentials' },
        body: { description: 'JSON, or the fields of a form. A file is a data: URL' },
        as: { ...text, description: 'A demo person, by the key in `people` of `describe`' },
      },
      required: ['api', 'operation'],
    },
    annotations: { destructiveHint: true, openWorldHint: false },
  },
] as const;

/** What a tool returns: structured, and as text for models. */
export interface ToolResult extends Record<string, unknown> {
  content: { type: 'text'; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

/** Runs a tool. Mistakes of the caller are results, too, so that a model can correct them. */
export async function runTool(
  name: string,
  input: Record<string, unknown>,
  target: Target,
  search: () => Promise<Search>,
): Promise<ToolResult> {
  try {
    if (name === 'search') return runSearch(input, target, await search());
    if (name === 'describe') return await runDescribe(input, target);
    if (name === 'call') return await runCall(input, target);
    throw new CallError(`There is no tool ${name}. Tools: ${tools.map((tool) => tool.name).join(', ')}`);
  } catch (error) {
    if (error instanceof CallError) return { content: [{ type: 'text', text: error.message }], isError: true };
    throw error;
  }
}

function textOf(input: Record<string, unknown>, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value.trim() === '')
    throw new CallError(`${name}: must be a text that is not empty`);
  return value;
}

function runSearch(input: Record<string, unknown>, { apis }: Target, search: Search): ToolResult {
  const api = input.api === undefined ? undefined : textOf(input, 'api');
  if (api !== undefined && !apis.some((one) => one.name === api))
    throw new CallError(`api: must be one of ${apis.map((one) => one.name).join(', ')}`);
  const results = search(textOf(input, 'query'), api);
  const lines = results.map(
    ({ summary, ...found }) => `${found.api} ${found.operation}: ${summary} (${found.method} ${found.path})`,
  );
  return structured({ results }, lines.join('\n') || 'Nothing was found.');
}

async function runDescribe(input: Record<string, unknown>, { apis, addresses }: Target): Promise<ToolResult> {
  const known = findOperation(apis, textOf(input, 'api'), textOf(input, 'operation'));
  const { api, id, method, path } = known;
  const example = exampleCall(known, addresses);
  const contract = await addressedContract(api, 'en', addresses);
  const found = listOperations({ contract }).find(({ operation }) => operation.operationId === id);
  const page = operationMarkdown(
    { contract, ...(found as NonNullable<typeof found>) },
    { language: 'en', codeOf: api.faults?.codeOf, samples: [] },
  );
  const people = addresses.isSandbox
    ? api.demo?.people.map(({ key, name, state }) => ({ key, name, ...(state && { state }) }))
    : undefined;
  const call = { api: api.name, operation: id, ...example };
  const answer = {
    api: api.name,
    operation: id,
    method: method.toUpperCase(),
    path,
    example,
    ...(people && { people }),
  };
  return structured(answer, `${page}\nInput for \`call\`: ${JSON.stringify(call)}\n`);
}

async function runCall(
  { api: apiName, operation, ...rest }: Record<string, unknown>,
  target: Target,
): Promise<ToolResult> {
  const known = findOperation(target.apis, textOf({ apiName }, 'apiName'), textOf({ operation }, 'operation'));
  const input = toCallInput(rest, known.api, target.addresses);
  const request = toRequest(known, input, credentialsFor(known, input, target));
  const answer = await target.send(known.api, request).catch((error: Error) => {
    throw new CallError(`The call failed: ${error.cause instanceof Error ? error.cause.message : error.message}`);
  });
  return structured(answer, JSON.stringify(answer));
}

function toCallInput(input: Record<string, unknown>, { demo }: Api, { isSandbox }: Addresses): CallInput {
  const { path, query, headers, body, as } = input;
  for (const [name, value] of Object.entries({ path, query, headers }))
    if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value)))
      throw new CallError(`${name}: must be an object of names and values`);
  const known = ['path', 'query', 'headers', 'body', 'as'];
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CallError(`${unknown}: not known; besides api and operation there are ${known.join(', ')}`);
  const keys = isSandbox ? ['demo', ...(demo?.people ?? []).map(({ key }) => key)] : [];
  if (as !== undefined && !keys.includes(as as string))
    throw new CallError(`as: must be one of ${keys.join(', ') || '(there are no demo people here)'}`);
  return { path, query, headers, body, as } as CallInput;
}

/** A person who is named counts most, then the credentials of the target. */
function credentialsFor(known: KnownOperation, { as }: CallInput, { addresses, credentials }: Target): Credentials {
  if (as === undefined && credentials !== undefined) return credentials(known);
  return addresses.isSandbox ? demoCredentials(known, addresses, as) : { headers: {}, query: {} };
}

const structured = (structuredContent: Record<string, unknown>, content: string): ToolResult => ({
  structuredContent,
  content: [{ type: 'text', text: content }],
});
