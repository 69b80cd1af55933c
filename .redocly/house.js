/**
 * The house rules of the contracts that the lint program does not have, and the decorator that translates their prose.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';

const dialect = 'https://json-schema.org/draft/2020-12/schema';
/** Short names of the original documents; openapi/README.md says what each is. */
const documents = new Set(['tower-guide', 'tower-quickstart', 'ucenter', 'ppmessage', 'gobelieve']);

/** One entry of `x-source`: where an operation comes from, and how surely. */
const isSource = (source) =>
  source?.kind === 'extension'
    ? Object.keys(source).length === 1
    : ['quoted', 'inferred'].includes(source?.kind) &&
      documents.has(source.document) &&
      typeof source.section === 'string';

const hasExample = (node) => node.example !== undefined || Object.keys(node.examples ?? {}).length > 0;

/** The mock and the server validate by the 2020-12 rules only if the document says so. */
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

/** A component is found by its name, so its file carries the same one; pathItems would lose their inherited security. */
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

/** Whoever knows a URL knows its file. */
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

/** What a value is when it may be a reference, and the file that it stands in. */
function follow(resolve, value, from) {
  if (value?.$ref === undefined) return { node: value, from };
  const { node, location } = resolve(value, from);
  return { node, from: location?.source.absoluteRef ?? from };
}

/** Whether every field of a body can be given as a query parameter instead, so that there may be no body at all. */
function queryCarries(operation, { node: body, from }, resolve) {
  const names = new Set((operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name));
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

/** An operation is one function of one module, with a known origin and a stated security. */
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
      if (body.node && body.node.required !== true && !queryCarries(operation, body, resolve))
        fail('A request body must be required, unless the query can carry all of its fields.', 'requestBody');
      const codes = Object.keys(operation.responses ?? {});
      if (!codes.some((code) => /^[23]/.test(code)))
        fail('An operation succeeds with at least one 2xx or 3xx response.', 'responses');
    },
  };
}

/** The mock answers from examples, and readers learn from them. */
function everythingHasAnExample() {
  const check =
    (what) =>
    (node, { report, location }) => {
      if (!hasExample(node)) report({ message: `${what} needs an example.`, location });
    };
  return { Parameter: check('A parameter'), MediaType: check('A media type'), Header: check('A header') };
}

/** Headers a caller may rely on, and those that keep a page safe. */
function responseHasItsHeaders() {
  return {
    Response(response, { report, location, resolve, key }) {
      const must = ['X-Request-Id'];
      if (response.content?.['text/html']) must.push('Content-Security-Policy', 'Cache-Control');
      if (/^3/.test(String(key))) must.push('Location', 'Cache-Control');
      if (response.content && /^3/.test(String(key)))
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

/** What one of the programs that read the contract would misunderstand. */
function schemaIsPortable() {
  return {
    Schema(schema, { report, location, resolve }) {
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

/** An array in a form is sent as repeated fields only if the encoding says so. */
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

/** Relative OAuth addresses are refused by the server's validator. */
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

const proseKeys = new Set(['title', 'summary', 'description', 'x-displayName']);
/** Values below these keys belong to callers or to programs; a text in them is data. */
const dataKeys = new Set(['example', 'default', 'const', 'enum', 'mapping', 'value', 'x-source', 'required']);
/** Maps whose keys are names given by the author: a property may well be called 'title'. */
const mapKeys = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'dependentSchemas',
  'paths',
  'webhooks',
  'responses',
  'headers',
  'schemas',
  'parameters',
  'requestBodies',
  'securitySchemes',
  'links',
  'callbacks',
  'pathItems',
  'content',
  'encoding',
  'variables',
  'flows',
]);

/**
 * Calls `visit` for every piece of prose in an OpenAPI document, and puts what it returns, if anything, in its place.
 *
 * @param {unknown} node the document, or a part of it
 * @param {(text: string, pointer: string) => string | undefined} visit
 */
export function eachProse(node, visit, pointer = '', isMap = false) {
  if (node === null || typeof node !== 'object') return;
  for (const [key, child] of Object.entries(node)) {
    const here = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (isMap || Array.isArray(node)) {
      eachProse(child, visit, here);
    } else if (key === 'scopes') {
      // The scopes of an OAuth flow: name → meaning.
      for (const [scope, meaning] of Object.entries(child))
        node[key][scope] = visit(meaning, `${here}/${scope}`) ?? meaning;
    } else if (key === 'examples') {
      // A list of values in a schema, a map of Example objects anywhere else.
      if (!Array.isArray(child)) eachProse(child, visit, here, true);
    } else if (proseKeys.has(key) && typeof child === 'string') {
      node[key] = visit(child, here) ?? child;
    } else if (!dataKeys.has(key)) {
      eachProse(child, visit, here, mapKeys.has(key));
    }
  }
}

/**
 * An OpenAPI document with its prose in another language. Texts without a translation stay as they are.
 *
 * @template T
 * @param {T} document
 * @param {Record<string, string>} dictionary original text → translated text
 * @returns {T} a copy
 */
export function translate(document, dictionary) {
  const copy = structuredClone(document);
  eachProse(copy, (text) => (Object.hasOwn(dictionary, text) ? dictionary[text] : undefined));
  return copy;
}

/** `house/translate: {language: en}` reads en.yaml beside the API's openapi.yaml. */
function translateDecorator({ language }) {
  return {
    Root: {
      leave(root, { location }) {
        const file = join(dirname(location.source.absoluteRef), `${basename(language)}.yaml`);
        const dictionary = parse(readFileSync(file, 'utf8'));
        eachProse(root, (text) => (Object.hasOwn(dictionary, text) ? dictionary[text] : undefined));
      },
    },
  };
}

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
    decorators: { oas3: { translate: translateDecorator } },
  };
}
