import type { Call, Job, Tool } from './tools.ts';

const json = JSON.stringify;

/** The first lines of every program. */
const constants = ({ baseUrl }: Job, { headers }: Call): string =>
  `const baseUrl = ${json(baseUrl)};\nconst headers = ${json(headers)};\n`;

/** The arguments of a function that takes parameters and body one after the other. */
const listOf = ({ pathParameters, hasQuery, body }: Call): string =>
  [...Object.values(pathParameters), ...(hasQuery ? [{}] : []), ...(body ? [body] : [])]
    .map((value) => `${json(value)}, `)
    .join('');

/** The members of an object with path parameters and body, each if there is one. */
const pathOf = ({ pathParameters }: Call, member: (path: string) => string): string =>
  Object.keys(pathParameters).length > 0 ? member(json(pathParameters)) : '';
const bodyOf = ({ body }: Call): string => (body ? `body: ${json(body)},` : '');

const openapiTypescript: Tool = {
  name: 'openapi-typescript',
  version: '7.13.0',
  proof: 'calls',
  packages: { 'openapi-fetch': '0.17.0' },
  command: ({ contract }) => ['openapi-typescript', contract, '--output', 'types.ts'],
  program: (job, call) => `import createClient from 'openapi-fetch';
import type { paths } from './types.ts';
${constants(job, call)}
const client = createClient<paths>({ baseUrl, headers });
const { data } = await client.${call.method.toUpperCase()}(${json(call.path)}, {
  ${pathOf(call, (path) => `params: { path: ${path} },`)}
  ${bodyOf(call)}
});
console.log(JSON.stringify(data));
`,
};

const heyApi: Tool = {
  name: '@hey-api/openapi-ts',
  version: '0.95.0',
  proof: 'calls',
  packages: {},
  command: ({ contract }) => ['openapi-ts', '--input', contract, '--output', 'code', '--no-log-file'],
  program: (job, call) => `import { client } from './code/client.gen.ts';
import { ${call.operationId} } from './code/index.ts';
${constants(job, call)}
client.setConfig({ baseUrl, headers });
const { data } = await ${call.operationId}({
  ${pathOf(call, (path) => `path: ${path},`)}
  ${bodyOf(call)}
});
console.log(JSON.stringify(data));
`,
};

const orval: Tool = {
  name: 'orval',
  version: '7.13.2',
  proof: 'calls',
  packages: {},
  files: ({ contract, baseUrl }) => ({
    'orval.config.mjs': `export default ${json({
      api: { input: contract, output: { target: 'code.ts', client: 'fetch', mode: 'single', baseUrl } },
    })};\n`,
  }),
  command: () => ['orval'],
  program: (job, call) => `import { ${call.operationId} } from './code.ts';
${constants(job, call)}
const { data } = await ${call.operationId}(${listOf(call)}{ headers });
console.log(baseUrl, JSON.stringify(data));
`,
};

const kubbVersion = '4.39.3';
const kubbPlugins = ['@kubb/plugin-client', '@kubb/plugin-oas', '@kubb/plugin-ts'];

const kubb: Tool = {
  name: '@kubb/cli',
  version: kubbVersion,
  proof: 'calls',
  packages: Object.fromEntries(['@kubb/core', ...kubbPlugins].map((name) => [name, kubbVersion])),
  files: ({ contract }) => ({
    'kubb.config.mjs': `import { defineConfig } from '@kubb/core';
import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';
export default defineConfig({
  input: { path: ${json(contract)} },
  output: { path: 'code', format: false, lint: false },
  plugins: [
    pluginOas({ generators: [] }),
    pluginTs({ output: { path: 'types.ts' } }),
    pluginClient({ output: { path: 'client.ts' }, client: 'fetch' }),
  ],
});
`,
  }),
  command: () => ['kubb', 'generate'],
  program: (job, call) => `import { ${call.operationId} } from './code/client.ts';
${constants(job, call)}
// By itself it sends JSON as text/plain.
const typed = { ...headers, 'Content-Type': 'application/json' };
const data = await ${call.operationId}(${listOf(call)}{ baseURL: baseUrl, headers: typed });
console.log(JSON.stringify(data));
`,
};

const oazapfts: Tool = {
  name: 'oazapfts',
  version: '7.5.0',
  proof: 'calls',
  packages: { '@oazapfts/runtime': '1.2.0' },
  command: ({ contract }) => ['oazapfts', contract, 'code.ts'],
  program: (job, call) => `import { ${call.operationId}, defaults, servers } from './code.ts';
${constants(job, call)}
defaults.baseUrl = servers.sandbox;
const { data } = await ${call.operationId}(${listOf(call)}{ baseUrl, headers });
console.log(JSON.stringify(data));
`,
};

/** The tools whose code makes a call. */
export const callers: readonly Tool[] = [openapiTypescript, heyApi, orval, kubb, oazapfts];
