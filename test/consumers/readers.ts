import type { Tool } from './tools.ts';

const swaggerTypescriptApi: Tool = {
  name: 'swagger-typescript-api',
  version: '13.13.0',
  proof: 'compiles',
  packages: {},
  command: ({ contract }) => [
    'swagger-typescript-api',
    'generate',
    '--path',
    contract,
    '--output',
    '.',
    '--name',
    'code.ts',
  ],
  code: 'code.ts',
};

const openapiZodClient: Tool = {
  name: 'openapi-zod-client',
  version: '1.18.3',
  proof: 'generates',
  packages: {},
  command: ({ contract }) => ['openapi-zod-client', contract, '--output', 'code.ts'],
};

const readmeParser: Tool = {
  name: '@readme/openapi-parser',
  version: '9.0.0',
  proof: 'reads',
  packages: {},
  files: ({ contract }) => ({
    'check.mjs': `import { compileErrors, validate } from '@readme/openapi-parser';
const result = await validate(${JSON.stringify(contract)});
if (!result.valid) throw new Error(compileErrors(result));
`,
  }),
  command: () => ['node', 'check.mjs'],
};

const spectral: Tool = {
  name: '@stoplight/spectral-cli',
  version: '6.16.3',
  proof: 'reads',
  packages: {},
  files: () => ({ 'spectral.yaml': 'extends: [spectral:oas]\n' }),
  command: ({ contract }) => ['spectral', 'lint', '--ruleset', 'spectral.yaml', '--fail-severity', 'error', contract],
};

const swaggerClient: Tool = {
  name: 'swagger-client',
  version: '3.37.3',
  proof: 'reads',
  packages: {},
  files: ({ contract }) => ({
    'check.mjs': `import { readFileSync } from 'node:fs';
import SwaggerClient from 'swagger-client';
const spec = JSON.parse(readFileSync(${JSON.stringify(contract)}, 'utf8'));
const { errors, apis } = await SwaggerClient({ spec });
if (errors.length > 0) throw new Error(JSON.stringify(errors));
const operations = Object.values(spec.paths).flatMap((path) => Object.values(path)).filter((one) => one.operationId);
const found = Object.values(apis).flatMap((tag) => Object.keys(tag));
if (found.length !== operations.length) throw new Error(\`\${found.length} of \${operations.length} operations\`);
`,
  }),
  command: () => ['node', 'check.mjs'],
};

/** The tools that read a contract, or make code that is not called. */
export const readers: readonly Tool[] = [swaggerTypescriptApi, openapiZodClient, readmeParser, spectral, swaggerClient];
