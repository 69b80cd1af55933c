import { stringify } from 'yaml';

/** The files that `npm run new` makes. Prose that has to be written begins with 待写 (to be written). */

/** Path from the project's root → content. */
export type ApiFiles = Readonly<Record<string, string>>;

export interface NewOperation {
  api: string;
  id: string;
  /** In lower case. */
  method: string;
  path: string;
  tag: string;
}

/** What an operation has in common with those near it. */
export interface CommonParts {
  security: unknown;
  /** Of its success. */
  mediaTypes: readonly string[];
  /** Errors, by status. */
  responses: Readonly<Record<string, { $ref: string }>>;
  /** `x-errors` and `x-levels`, in an API whose envelope has an error number. */
  errors?: readonly number[];
  levels?: readonly string[] | null;
}

const requestId = { 'X-Request-Id': { $ref: '../../common/headers/RequestId.yaml' } };
const content = (mediaTypes: readonly string[], schema: object, name: string, value: unknown) =>
  Object.fromEntries(mediaTypes.map((type) => [type, { schema, examples: { [name]: { summary: '示例', value } } }]));
const json = ['application/json'];

/** The contract of an operation, and the English of its texts. */
export function operationFile(
  { id, method, path, tag }: NewOperation,
  { security, mediaTypes, responses, errors, levels }: CommonParts,
): { contract: string; english: Record<string, string> } {
  const hasBody = method !== 'get' && method !== 'delete';
  const parameters = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: `待写：${name}。`,
    schema: { type: 'string' },
    example: '1',
  }));
  const success = errors
    ? content(json, { $ref: '../components/schemas/Success.yaml' }, 'success', {
        error_code: '0',
        error_string: 'success',
        uri: path.replace(/^.*(?=\/)/, ''),
      })
    : content(mediaTypes, { type: 'object' }, 'success', {});
  const operation = {
    operationId: id,
    tags: [tag],
    summary: `待写：${id}`,
    description: `待写：${id} 是为了什么。`,
    'x-source': [{ kind: 'extension' }],
    ...(levels && { 'x-levels': levels }),
    ...(errors && { 'x-errors': errors }),
    security,
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && {
      requestBody: {
        description: '待写：请求。',
        required: true,
        content: content(json, { type: 'object' }, 'request', {}),
      },
    }),
    responses: {
      200: {
        description: '待写：成功。',
        headers: requestId,
        content: success,
      },
      ...responses,
    },
  };
  const english = Object.fromEntries([
    [`待写：${id}`, `To be written: ${id}`],
    [`待写：${id} 是为了什么。`, `To be written: what ${id} is for.`],
    ['待写：请求。', 'To be written: the request.'],
    ['待写：成功。', 'To be written: the answer.'],
    ['示例', 'Example'],
    ...parameters.map(({ name }) => [`待写：${name}。`, `To be written: ${name}.`]),
  ]) as Record<string, string>;
  return { contract: stringify({ [method]: operation }, { lineWidth: 0 }), english };
}

/** A test through plain HTTP against the real app. */
export const testFile = ({
  api,
  id,
  method,
  path,
}: NewOperation): string => `import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('${id}', () => {
  it('is not written yet', async () => {
    const response = await fetch(\`\${server.url}/${api}${path.replace(/\{[^}]+\}/g, '1')}\`, ${
      method === 'get' || method === 'delete'
        ? `{ method: '${method.toUpperCase()}' }`
        : `{\n      method: '${method.toUpperCase()}',\n      headers: { 'Content-Type': 'application/json' },\n      body: '{}',\n    }`
    });
    expect(response.status).toBe(501);
  });
});
`;

const errorResponses: Readonly<Record<string, [status: number, kind: string, chinese: string, english: string]>> = {
  InvalidRequest: [
    400,
    'invalid_request',
    '请求的格式或内容不对。',
    'The request is malformed or a value is not allowed.',
  ],
  NotAcceptable: [
    406,
    'not_acceptable',
    '没有 `Accept` 要求的媒体类型。',
    'None of the media types in `Accept` is available.',
  ],
  ContentTooLarge: [413, 'payload_too_large', '请求体太大。', 'The request body is too large.'],
  UnsupportedMediaType: [
    415,
    'unsupported_media_type',
    '不支持请求体的媒体类型。',
    'The media type of the request body is not supported.',
  ],
  ServerError: [500, 'internal', '服务端出错。', 'The server failed.'],
};

const errorSchema = {
  description: '错误。',
  type: 'object',
  required: ['error', 'message'],
  properties: {
    error: { description: '错误的名称，供程序判断。', type: 'string', examples: ['invalid_request'] },
    message: { description: '给人看的说明。', type: 'string', examples: ['The request is malformed'] },
  },
};

/** An API without operations: contract, room, client and contract tests. */
export function apiFiles(name: string): ApiFiles {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  const responses = Object.entries(errorResponses).map(([response, [, kind, description, english]]) => [
    `openapi/${name}/components/responses/${response}.yaml`,
    stringify(
      {
        description,
        headers: { 'X-Request-Id': { $ref: '../../../common/headers/RequestId.yaml' } },
        content: content(json, { $ref: '../schemas/Error.yaml' }, 'error', { error: kind, message: english }),
      },
      { lineWidth: 0 },
    ),
  ]);
  const english = {
    [`待写：${name}`]: `To be written: ${name}`,
    [`待写：${name} 是什么。每个操作的 \`x-source\` 指出依据，见 \`openapi/README.md\`。`]: `To be written: what ${name} is. The \`x-source\` of each operation names its origin, see \`openapi/README.md\`.`,
    '本机的沙箱：sandbox': 'The sandbox on this machine',
    '本机的模拟服务：mock': 'The mock on this machine',
    '错误。': 'An error.',
    '错误的名称，供程序判断。': 'The name of the error, for programs.',
    '给人看的说明。': 'An explanation for people.',
    ...Object.fromEntries(Object.values(errorResponses).map(([, , chinese, text]) => [chinese, text])),
  };
  return {
    ...Object.fromEntries(responses),
    [`openapi/${name}/components/schemas/Error.yaml`]: stringify(errorSchema),
    [`openapi/${name}/openapi.yaml`]: `openapi: 3.1.0
jsonSchemaDialect: https://json-schema.org/draft/2020-12/schema

info:
  title: ${title}
  version: 0.1.0
  summary: 待写：${name}
  description: 待写：${name} 是什么。每个操作的 \`x-source\` 指出依据，见 \`openapi/README.md\`。
  license:
    name: MIT
    identifier: MIT

servers:
  - url: http://127.0.0.1:3000/${name}
    description: 本机的沙箱：sandbox
  - url: http://127.0.0.1:4010/${name}
    description: 本机的模拟服务：mock

tags:

security: []

paths:
`,
    [`openapi/${name}/en.yaml`]: `# The English of the prose in this contract: the exact Chinese text, then its translation.\n${stringify(english, { lineWidth: 0 })}`,
    [`openapi/${name}/CHANGELOG.md`]: `# ${title}：变更记录\n\n只记录对调用者有影响的变化，版本号是 \`info.version\`。\n\n## 0.1.0\n\n`,
    [`openapi/${name}/CHANGELOG.en.md`]: `# ${title}: changelog\n\nOnly changes that concern callers. The version is \`info.version\`.\n\n## 0.1.0\n\n`,
    [`openapi/${name}/READINGS.md`]: `# ${title}：文档的读法\n\n文档没有写清楚的地方，这里怎样理解，为什么。\n`,
    [`openapi/${name}/READINGS.en.md`]: `# ${title}: readings\n\nWhat the document leaves open, the reading taken, and why.\n`,
    [`src/${name}/index.ts`]: `import contract from '../../generated/${name}.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { migrations } from './database/migrations.ts';
import { security } from './security.ts';
import { renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
} satisfies Operations;

export const ${name}: Api = {
  name: '${name}',
  contract: contract as unknown as Contract,
  operations,
  security,
  renderError,
  migrations,
};
`,
    [`src/${name}/security.ts`]: `import type { Api } from '../http/api.ts';

/** One handler for each security scheme of the contract. */
export const security: Api['security'] = {};
`,
    [`src/${name}/wire/operation.ts`]: `import type { operations, security } from '../../../generated/${name}.ts';
import type { OperationsOf } from '../../http/operation.ts';

/** The callers, by the contract's security schemes. */
export type Actors = Record<never, never>;

export type Operations = OperationsOf<operations, security, Actors>;

/** The function that implements an operation: \`Operation<'getStatus'>\`. */
export type Operation<Id extends keyof Operations> = Operations[Id];
`,
    [`src/${name}/wire/errors.ts`]: `import type { HttpError } from '../../errors.ts';
import type { AnyOutput } from '../../http/operation.ts';

/** Renders an error as the contract's \`Error\`. */
export const renderError = ({ kind, status, message, headers }: HttpError): AnyOutput => ({
  status,
  type: 'application/json',
  headers,
  body: { error: kind, message },
});
`,
    [`src/${name}/database/migrations.ts`]: `import type { TableOwner } from '../../database/owner.ts';

export const migrations: TableOwner['migrations'] = {};
`,
    [`src/client/${name}.ts`]: `import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../generated/${name}.ts';

/** The contract's operations in the style of openapi-fetch. */
export type ${title}Client = Client<paths>;

/** @param baseUrl where the API is: \`https://api.example.com/${name}\` */
export const create${title}Client = (baseUrl: string): ${title}Client => createClient<paths>({ baseUrl });
`,
    [`test/${name}/api.test.ts`]: `import { fuzzContract } from '../contract/fuzz.ts';
import { testContract } from '../contract/harness.ts';
import { suite } from '../contract/${name}.cases.ts';

testContract(suite);
fuzzContract(suite);
`,
    [`test/contract/${name}.cases.ts`]: `import type { operations } from '../../generated/${name}.ts';
import { ${name} } from '../../src/${name}/index.ts';
import type { Suite } from './harness.ts';

export const suite: Suite<operations, undefined> = {
  api: ${name},
  createWorld: () => undefined,
  cases: {
  },
};
`,
  };
}
