import type { Api } from '../../http/api.ts';
import {
  type Contract,
  type MediaType,
  type Method,
  type OperationObject,
  type PathItem,
  type Reference,
  type RequestBody,
  type ResponseObject,
  resolve,
} from '../../http/contract.ts';
import { describeLinks } from '../links.ts';
import type { Language } from '../page.ts';
import type { Sample } from '../samples/samples.ts';
import { describeSources, type Source } from '../sources.ts';
import { type FieldSchema, fieldsOf, rulesOf, typeOf, withRules } from './fields.ts';
import { fenced, table } from './table.ts';
import { texts } from './texts.ts';

/** An operation of a contract, in its language and with the addresses of the site. */
export interface DescribedOperation {
  contract: Contract;
  path: string;
  method: Method;
  item: PathItem;
  operation: OperationObject;
}

interface Details {
  language: Language;
  /** How the API names an error in a body. */
  codeOf?: NonNullable<Api['faults']>['codeOf'] | undefined;
  samples: readonly Sample[];
  /** A sentence that names the file of its function. */
  implementation?: string;
}

/** An operation as a page of Markdown: everything that a caller needs, and nothing of other operations. */
export function operationMarkdown(described: DescribedOperation, details: Details): string {
  const { contract, path, method, operation } = described;
  const { language, samples, implementation } = details;
  const { description = '', summary = '', operationId, 'x-source': sources } = operation as OperationObject & Extra;
  const text = texts[language];
  const { servers = [] } = contract as { servers?: { url: string }[] };
  const body = operation.requestBody && resolve<RequestBody>(contract, operation.requestBody);
  return chapters([
    `# ${summary}`,
    `\`${operationId}\` · \`${method.toUpperCase()} ${servers[0]?.url ?? ''}${path}\``,
    description,
    sources && describeSources(sources, language),
    implementation,
    `## ${text.authentication}\n\n${authentication(described, language)}`,
    parametersOf(described, language),
    body && bodyOf(contract, body, language),
    responsesOf(described, details),
    describeLinks(contract, operation, language, (target) => `${target.operationId}.md`),
    samples.length > 0 && `## ${text.request}`,
    ...samples.map(({ label, lang, source }) => `### ${label}\n\n${fenced(lang, source)}`),
  ]);
}

interface Extra {
  description?: string;
  'x-source'?: Source[];
}

const chapters = (parts: readonly (string | false | undefined)[]) => `${parts.filter(Boolean).join('\n\n')}\n`;

interface Scheme {
  type: string;
  scheme?: string;
  in?: string;
  name?: string;
  description?: string;
}

function authentication({ contract, operation }: DescribedOperation, language: Language): string {
  const text = texts[language];
  const alternatives = operation.security ?? contract.security ?? [];
  const named = alternatives.filter((one) => Object.keys(one).length > 0);
  if (named.length === 0) return text.open;
  const lines = named.flatMap((one) =>
    Object.entries(one).map(([name, scopes]) => {
      const scheme = contract.components?.securitySchemes?.[name] as Scheme;
      const needs = scopes.length > 0 ? ` (${text.scopes}: ${scopes.map((scope) => `\`${scope}\``).join(' ')})` : '';
      return `- \`${name}\`, ${placeOf(scheme)}${needs}: ${scheme.description ?? ''}`;
    }),
  );
  return [
    named.length > 1 && `${text.alternatives}\n`,
    ...lines,
    named.length < alternatives.length && `\n${text.optional}`,
  ]
    .filter(Boolean)
    .join('\n');
}

const placeOf = ({ type, scheme = 'Bearer', in: place, name }: Scheme) =>
  type === 'apiKey'
    ? `${place} \`${name}\``
    : `\`Authorization: ${scheme.charAt(0).toUpperCase()}${scheme.slice(1)} …\``;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: FieldSchema;
  example?: unknown;
  examples?: Record<string, { value: unknown } | Reference>;
}

function parametersOf({ contract, item, operation }: DescribedOperation, language: Language): string | undefined {
  const text = texts[language];
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
  if (parameters.length === 0) return undefined;
  const rows = parameters.map((one) => {
    const { name, in: place, required, description = '', schema = {}, ...given } = resolve(contract, one as Parameter);
    const value = exampleOf(contract, given);
    return [
      `\`${name}\``,
      place,
      typeOf(contract, schema, language),
      required ? text.yes : text.no,
      withRules(description, rulesOf(resolve(contract, schema), language)),
      value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``,
    ];
  });
  return `## ${text.parameters}\n\n${table(text.parameterColumns, rows)}`;
}

function exampleOf(contract: Contract, { example, examples }: Pick<Parameter, 'example' | 'examples'>): unknown {
  const [first] = Object.values(examples ?? {});
  return first === undefined ? example : resolve(contract, first).value;
}

function bodyOf(contract: Contract, { content, ...body }: RequestBody, language: Language): string {
  const text = texts[language];
  const { description } = body as { description?: string };
  const [type = '', media = {}] = Object.entries(content)[0] ?? [];
  const value = exampleOf(contract, media as Parameter);
  return chapters([
    `## ${text.body}`,
    description,
    `${text.types}${Object.keys(content)
      .map((one) => `\`${one}\``)
      .join(', ')}`,
    fieldTable(contract, media, language, REQUEST_DEPTH),
    value !== undefined && `${text.example}\n\n${exampleBlock(value, type)}`,
  ]).trimEnd();
}

/** Of requests every field counts; of responses the example shows the rest. */
const REQUEST_DEPTH = 5;
const RESPONSE_DEPTH = 3;

function fieldTable(
  contract: Contract,
  { schema = {} }: MediaType,
  language: Language,
  maxDepth: number,
): string | undefined {
  const text = texts[language];
  const fields = fieldsOf(contract, schema, language, maxDepth);
  if (fields.length === 0) return undefined;
  const rows = fields.map((field) => [
    `\`${field.name}\``,
    field.type,
    field.isRequired ? text.yes : text.no,
    withRules(field.description, field.rules),
  ]);
  return table(text.fieldColumns, rows);
}

/** Files are not shown; their examples are `data:` URLs. */
const exampleBlock = (value: unknown, type: string): string =>
  typeof value === 'string'
    ? fenced(type === 'text/html' ? 'html' : 'text', value)
    : fenced('json', JSON.stringify(value, null, 2));

interface ResponseExample {
  status: string;
  type: string;
  name: string;
  summary: string;
  value: unknown;
}

function responsesOf({ contract, operation }: DescribedOperation, { language, codeOf }: Details): string {
  const text = texts[language];
  const responses = Object.entries(operation.responses).map(
    ([status, response]) => [status, resolve<ResponseObject>(contract, response)] as const,
  );
  const rows = responses.map(([status, { description, content = {} }]) => [
    status,
    description,
    Object.keys(content)
      .map((type) => `\`${type}\``)
      .join(', '),
  ]);
  const examples = responses.flatMap(([status, { content = {} }]) =>
    Object.entries(content).flatMap(([type, media]) => examplesOf(contract, media, { status, type })),
  );
  const usual = codeOfBody(examples.find(({ status }) => status.startsWith('2'))?.value, codeOf);
  // Some APIs answer 200 for errors too; the number in the body differs then.
  const isError = ({ status, value }: ResponseExample) =>
    !/^[123]/.test(status) || (codeOfBody(value, codeOf) ?? usual) !== usual;
  const successes = examples.filter((one) => !isError(one) && !isFile(one.value));
  const errors = examples.filter(isError);
  const success = responses.find(([status]) => status.startsWith('2'))?.[1];
  const [media] =
    Object.entries(success?.content ?? {})
      .find(([type]) => type.endsWith('json'))
      ?.slice(1) ?? [];
  const fields = media && fieldTable(contract, media as MediaType, language, RESPONSE_DEPTH);
  const codes = errors.map(({ status, name, summary, value }) => [
    status,
    `\`${codeOfBody(value, codeOf) ?? name}\``,
    summary,
  ]);
  return chapters([
    `## ${text.responses}`,
    table(text.responseColumns, rows),
    fields && `### ${text.responseFields}\n\n${fields}`,
    successes.length > 0 && `### ${text.examples}`,
    ...firstOfEach(successes).map(showExample),
    codes.length > 0 && `### ${text.errors}\n\n${table(text.errorColumns, codes)}`,
    ...errors.slice(0, 1).map(showExample),
  ]).trimEnd();
}

const showExample = ({ status, type, summary, value }: ResponseExample) =>
  `${[status, summary].filter(Boolean).join(', ')}:\n\n${exampleBlock(value, type)}`;

/** One example for each status and type. */
const firstOfEach = (examples: readonly ResponseExample[]) =>
  examples.filter(
    (one, index) => examples.findIndex(({ status, type }) => status === one.status && type === one.type) === index,
  );

function examplesOf(
  contract: Contract,
  { examples = {} }: MediaType,
  place: { status: string; type: string },
): ResponseExample[] {
  return Object.entries(examples as Record<string, ResponseExample | Reference>).map(([name, example]) => {
    const { summary = '', value } = resolve<ResponseExample>(contract, example);
    return { ...place, name, summary, value };
  });
}

const codeOfBody = (value: unknown, codeOf: Details['codeOf']): unknown =>
  codeOf !== undefined && typeof value === 'object' && value !== null
    ? codeOf(value as Record<string, unknown>)
    : undefined;

const isFile = (value: unknown) => typeof value === 'string' && value.startsWith('data:');
