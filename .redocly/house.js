/**
 * The plugin of redocly.yaml: rules for the contracts that Redocly itself does not have, and the preprocessor that adds
 * the refusals of `x-errors`.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';

const dialect = 'https://json-schema.org/draft/2020-12/schema';
/** Short names of the original documents; openapi/README.md says what each is. */
const documents = new Set(['tower-guide', 'tower-quickstart', 'tower-reference', 'ucenter', 'ppmessage', 'gobelieve']);

/** An entry of `x-source` says where an operation comes from, and how surely. */
const isSource = (source) =>
  source?.kind === 'extension'
    ? Object.keys(source).length === 1
    : ['quoted', 'inferred'].includes(source?.kind) &&
      documents.has(source.document) &&
      typeof source.section === 'string';

const hasExample = (node) => node.example !== undefined || Object.keys(node.examples ?? {}).length > 0;

/** The mock and the server validate by JSON Schema 2020-12 only if the document names it. */
function dialectIsStated() {
  return {
    Root(root, { report, location }) {
      if (root.jsonSchemaDialect !== dialect)
        report({
          message: `jsonSchemaDialect must be ${dialect}.`,
          location: location.child('jsonSchemaDialect').key(),
        });
    },
  };
}

/** The name of a component is the name of its file. pathItems are not allowed: they lose the security that they inherit. */
function componentsAreFiles() {
  return {
    Components(components, { report, location }) {
      for (const [kind, map] of Object.entries(components)) {
        if (kind === 'pathItems')
          report({
            message: 'Write paths as files under paths/, not as components.pathItems.',
            location: location.child(kind).key(),
          });
        for (const [name, component] of Object.entries(map ?? {})) {
          if (component.$ref !== `components/${kind}/${name}.yaml`) {
            report({
              message: `This component must be a reference to components/${kind}/${name}.yaml.`,
              location: location.child([kind, name]),
            });
          }
        }
      }
    },
  };
}

/** The URL of a path determines the name of its file. */
function pathsAreFiles() {
  return {
    Paths(paths, { report, location }) {
      for (const [url, item] of Object.entries(paths)) {
        const file = `paths/${url.slice(1).replaceAll('/', '_')}.yaml`;
        if (item.$ref !== file)
          report({ message: `This path must be a reference to ${file}.`, location: location.child(url) });
      }
    },
  };
}

/** Resolves a value that may be a reference, and names the file that holds the result. */
function follow(resolve, value, from) {
  if (value?.$ref === undefined) return { node: value, from };
  const { node, location } = resolve(value, from);
  return { node, from: location?.source.absoluteRef ?? from };
}

/** Whether the query has a parameter for each field of the body, so that a request can do without a body. */
function queryCarries(operation, { node: body, from }, resolve, file) {
  const parameters = (operation.parameters ?? []).map((one) => follow(resolve, one, file).node);
  const inQuery = parameters.filter((one) => one?.in === 'query').map((one) => one.name);
  // The query and the headers carry a token, too, by their security schemes.
  const names = new Set([...inQuery, 'access_token']);
  const carries = (schema, file) => {
    const { node, from: here } = follow(resolve, schema, file);
    const variants = [node?.oneOf, node?.anyOf, node?.allOf].flatMap((list) => list ?? []);
    return (
      node !== undefined &&
      (node.properties !== undefined || variants.length > 0) &&
      (node.required ?? []).length === 0 &&
      Object.keys(node.properties ?? {}).every((name) => names.has(name)) &&
      variants.every((variant) => carries(variant, here))
    );
  };
  return Object.values(body.content ?? {}).every(({ schema }) => carries(schema, from));
}

/** Whether a request may leave the body out: it is JSON, and no field of it is required. */
function isOptional({ node: body, from }, resolve) {
  return Object.entries(body.content ?? {}).every(([type, { schema }]) => {
    const { node } = follow(resolve, schema, from);
    return type === 'application/json' && node?.additionalProperties === false && (node.required ?? []).length === 0;
  });
}

/** An operation is one function of one module. Its origin and its security are stated. */
function operationIsComplete() {
  return {
    Operation(operation, { report, location, resolve }) {
      const fail = (message, key) => report({ message, location: key ? location.child(key) : location.key() });
      if (!/^[a-z][A-Za-z0-9]*$/.test(operation.operationId ?? ''))
        fail('operationId must be camelCase.', 'operationId');
      if (operation.tags?.length !== 1) fail('An operation has exactly one tag.', 'tags');
      if (/[。.]\s*$/.test(operation.summary ?? '')) fail('A summary has no full stop.', 'summary');
      if (!/[。.`\s]$/.test(operation.description ?? ''))
        fail('A description is made of whole sentences.', 'description');
      if (operation.security === undefined) fail('Write the security on every operation, an empty requirement too.');
      const sources = operation['x-source'];
      if (!Array.isArray(sources) || sources.length === 0 || !sources.every(isSource))
        fail(
          'x-source must be a list of {document, section, kind: quoted | inferred} or {kind: extension}.',
          'x-source',
        );
      const body = follow(resolve, operation.requestBody, location.source.absoluteRef);
      const mayBeAbsent =
        body.node && (queryCarries(operation, body, resolve, location.source.absoluteRef) || isOptional(body, resolve));
      if (body.node && body.node.required !== true && !mayBeAbsent)
        fail('A request body must be required, unless the query carries its fields or none is needed.', 'requestBody');
      const codes = Object.keys(operation.responses ?? {});
      if (!codes.some((code) => /^[23]/.test(code)))
        fail('An operation succeeds with at least one 2xx or 3xx response.', 'responses');
    },
  };
}

/** The mock answers with the examples, and readers learn from them. */
function everythingHasAnExample() {
  const check =
    (what) =>
    (node, { report, location }) => {
      if (!hasExample(node)) report({ message: `${what} needs an example.`, location });
    };
  return { Parameter: check('A parameter'), MediaType: check('A media type'), Header: check('A header') };
}

/** Every response has the headers that callers rely on, and a page has those that keep it safe. */
function responseHasItsHeaders() {
  return {
    Response(response, { report, location, resolve, key }) {
      // The answer to a webhook comes from the receiver.
      if (location.source.absoluteRef.includes('/webhooks/')) return;
      const must = ['X-Request-Id'];
      if (response.content?.['text/html']) must.push('Content-Security-Policy', 'Cache-Control');
      const isRedirect = /^3/.test(String(key)) && key !== '304';
      if (isRedirect) must.push('Location', 'Cache-Control');
      if (response.content && isRedirect)
        report({ message: 'A redirect has no content.', location: location.child('content').key() });
      for (const name of must) {
        const header = response.headers?.[name];
        const { node } = header?.$ref ? resolve(header) : { node: header };
        if (node?.required !== true)
          report({
            message: `The response must have the required header ${name}.`,
            location: location.child('headers'),
          });
      }
    },
  };
}

/** The JSON types of values; null is none of its own. */
const typesOf = (values) => new Set(values.filter((value) => value !== null).map((value) => typeof value));

/** Refuses what one of the programs that read the contract misunderstands. README.md, "Generators", names them. */
function schemaIsPortable() {
  return {
    // openapi-zod-client and others declare each schema under its name, beside their own uses of these types.
    NamedSchemas(schemas, { report, location }) {
      if (schemas.File !== undefined)
        report({
          message: 'A generated File hides the File of JavaScript. Take another name.',
          location: location.child('File').key(),
        });
    },
    // oazapfts makes names from the descriptions, and its names have Latin letters and digits only.
    Server(server, { report, location }) {
      if (!/[A-Za-z]/.test(server.description ?? ''))
        report({
          message: 'The description of a server needs a word in Latin letters.',
          location: location.child('description'),
        });
    },
    Schema(schema, { report, location, resolve }) {
      if (typeof schema.const === 'number' && schema.const < 0)
        report({
          message: `Write enum: [${schema.const}]; kubb and oazapfts fail on a negative const.`,
          location: location.child('const'),
        });
      if (schema.anyOf?.length > 1 && schema.anyOf.every(({ enum: values, type }) => values && !Array.isArray(type)))
        report({
          message: 'Write type: [integer] for one enum of an anyOf; orval makes one object of enums with single types.',
          location: location.child('anyOf'),
        });
      if (/^\^?\/|"/.test(String(schema.pattern ?? '').replace(/\[[^\]]*\]/g, '.')))
        report({
          message: 'Write [/] at the beginning of a pattern, and ["]: Specmatic takes these for delimiters.',
          location: location.child('pattern'),
        });
      if (typesOf(schema.enum ?? []).size > 1)
        report({
          message: 'Write an enum of several types as anyOf, one for each type.',
          location: location.child('enum'),
        });
      if (schema.nullable !== undefined)
        report({ message: "Write type: [string, 'null'], not nullable.", location: location.child('nullable').key() });
      if (schema.prefixItems && (schema.items !== false || schema.minItems !== schema.prefixItems.length)) {
        report({
          message: 'prefixItems needs items: false and minItems equal to its length.',
          location: location.child('prefixItems').key(),
        });
      }
      const tag = schema.discriminator?.propertyName;
      if (tag) {
        for (const [index, variant] of (schema.oneOf ?? []).entries()) {
          const { node } = variant.$ref ? resolve(variant) : { node: variant };
          if (node?.properties?.[tag]?.const === undefined || !node.required?.includes(tag)) {
            report({
              message: `Each variant must require '${tag}' and give it a const.`,
              location: location.child(['oneOf', index]),
            });
          }
        }
      }
    },
  };
}

/** An array in a form is sent as repeated fields only if its encoding says so. */
function formArraysAreEncoded() {
  return {
    MediaType: {
      leave(media, { report, location, resolve, key }) {
        if (!/^(application\/x-www-form-urlencoded|multipart\/)/.test(String(key)) || !media.schema) return;
        const { node: schema } = media.schema.$ref ? resolve(media.schema) : { node: media.schema };
        for (const [name, property] of Object.entries(schema?.properties ?? {})) {
          const { node } = property.$ref ? resolve(property) : { node: property };
          if ([node?.type].flat().includes('array') && media.encoding?.[name]?.explode !== true) {
            report({ message: `The array '${name}' needs an encoding with style: form and explode: true.`, location });
          }
        }
      },
    },
  };
}

/** The server's validator refuses relative OAuth addresses. */
function oauthAddressesAreAbsolute() {
  return {
    SecurityScheme(scheme, { report, location }) {
      for (const [name, flow] of Object.entries(scheme.flows ?? {})) {
        for (const key of ['authorizationUrl', 'tokenUrl', 'refreshUrl']) {
          if (flow[key] !== undefined && !/^https?:\/\//.test(flow[key]))
            report({ message: `${key} must be absolute.`, location: location.child(['flows', name, key]) });
        }
      }
    },
  };
}

/**
 * Adds to the 200 response of an operation with `x-errors: [1, 3]` the refusals of these numbers, which errors.yaml
 * beside the API's openapi.yaml describes: the schema gets a second variant, and the examples one for each refusal.
 * It runs before the rules, so they see the result.
 */
function addErrors() {
  let folder;
  return {
    Root(_root, { location }) {
      folder = dirname(location.source.absoluteRef);
    },
    PathItem(item, { key: path, location, report }) {
      for (const [method, operation] of Object.entries(item)) {
        const numbers = operation?.['x-errors'];
        if (numbers === undefined) continue;
        delete operation['x-errors'];
        const errors = parse(readFileSync(join(folder, 'errors.yaml'), 'utf8'));
        const answer = operation.responses?.['200']?.content?.['application/json'];
        if (!answer?.schema || !Array.isArray(numbers) || !numbers.every((number) => Object.hasOwn(errors, number))) {
          report({
            message: 'x-errors must list numbers of errors.yaml, and the 200 response must be JSON with a schema.',
            location: location.child([method, 'x-errors']),
          });
          continue;
        }
        const uri = `/${basename(path)}`;
        answer.schema = { oneOf: [success(answer.schema, uri), refusal(numbers, uri)] };
        answer.examples ??= {};
        for (const number of numbers) {
          const { example, summary, error_string } = errors[number];
          answer.examples[example] = { summary, value: { error_code: String(number), error_string, uri } };
        }
      }
    },
  };
}

/** PPMessage's own programs get error numbers as numbers, others as text. See `schemaIsPortable` for the list. */
const inBothTypes = (numbers) => ({
  description:
    '错误号，含义见文档开头的表；`-1` 表示没有专门的错误号。第三方的令牌得到字符串，原系统自己的程序的令牌得到数字。',
  anyOf: [
    { type: 'string', enum: numbers.map(String) },
    { type: ['integer'], enum: numbers },
  ],
});

/** The texts are those of Success.yaml and Refusal.yaml, which these fields narrow. */
const operationName = (value) => ({ description: '操作的名称，前面加一个斜线。', type: 'string', const: value });

const success = (schema, uri) => ({
  allOf: [
    ...(schema.allOf ?? [schema]),
    { type: 'object', required: ['uri'], properties: { uri: operationName(uri) } },
  ],
});

const refusal = (numbers, uri) => ({
  allOf: [
    { $ref: '../components/schemas/Refusal.yaml' },
    {
      type: 'object',
      required: ['error_code', 'uri'],
      properties: { error_code: inBothTypes(numbers), uri: operationName(uri) },
    },
  ],
});

export default function house() {
  return {
    id: 'house',
    rules: {
      oas3: {
        dialect: dialectIsStated,
        components: componentsAreFiles,
        'path-file-name': pathsAreFiles,
        operation: operationIsComplete,
        examples: everythingHasAnExample,
        'response-headers': responseHasItsHeaders,
        'schema-portable': schemaIsPortable,
        'form-arrays': formArraysAreEncoded,
        'oauth-addresses': oauthAddressesAreAbsolute,
      },
    },
    preprocessors: { oas3: { errors: addErrors } },
  };
}
