import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Document, isAlias, isMap, isScalar, type Node, parseDocument } from 'yaml';
import { methods } from '../../src/http/contract.ts';
import { projectRoot } from '../../src/root.ts';

/** A node of a contract's files, behind all references. */
export interface Place {
  /** Below the project. */
  file: string;
  node: Node;
  document: Document;
}

/** An example of an answer, where it is written. */
export interface WrittenExample extends Place {
  operation: string;
  status: string;
  media: string;
  /** Undefined where the answer has only one. */
  name: string | undefined;
  value: unknown;
}

/** The same for all operations that share an example. */
export const keyOf = ({ file, node }: Place): string => `${file}:${node.range?.[0]}`;

/** Reads the files of contracts, each once. */
export class Sources {
  readonly #documents = new Map<string, Document>();

  /** Every example of an answer of an API, in the order of the contract. */
  examplesOf(api: string): WrittenExample[] {
    const paths = this.#child(this.#file(join('openapi', api, 'openapi.yaml')), 'paths');
    return this.#members(paths).flatMap(([, item]) =>
      methods.flatMap((method) => {
        const operation = this.#child(item, method);
        return operation === undefined ? [] : this.#examplesOf(operation);
      }),
    );
  }

  #examplesOf(operation: Place): WrittenExample[] {
    const id = String(toValue(this.#child(operation, 'operationId')));
    const each = this.#members(this.#child(operation, 'responses'));
    return each.flatMap(([status, response]) =>
      this.#members(this.#child(response, 'content')).flatMap(([media, content]) => {
        const one = this.#child(content, 'example');
        const named = this.#members(this.#child(content, 'examples')).map(
          ([name, example]) => [name, this.#child(example, 'value')] as const,
        );
        return [[undefined, one] as const, ...named].flatMap(([name, place]) =>
          place === undefined ? [] : [{ ...place, operation: id, status, media, name, value: toValue(place) }],
        );
      }),
    );
  }

  #file(file: string): Place {
    const document = this.#documents.get(file) ?? parseDocument(readFileSync(join(projectRoot(), file), 'utf8'));
    this.#documents.set(file, document);
    return { file, document, node: document.contents as Node };
  }

  #members(place: Place | undefined): [string, Place][] {
    if (place === undefined || !isMap(place.node)) return [];
    return place.node.items.map(({ key }) => {
      const name = isScalar(key) ? key.value : key;
      return [String(name), this.#child(place, name) as Place];
    });
  }

  #child(place: Place | undefined, name: unknown): Place | undefined {
    if (place === undefined || !isMap(place.node)) return undefined;
    const node = place.node.get(name, true) as Node | undefined;
    return node === undefined ? undefined : this.#follow({ ...place, node });
  }

  /** Follows an alias, or a reference to another file. */
  #follow(place: Place): Place {
    const { node, document, file } = place;
    if (isAlias(node)) return this.#follow({ ...place, node: node.resolve(document) as Node });
    const reference = isMap(node) ? node.get('$ref') : undefined;
    if (typeof reference !== 'string') return place;
    const [target = '', pointer = ''] = reference.split('#');
    const next = this.#file(target === '' ? file : relative(projectRoot(), join(projectRoot(), dirname(file), target)));
    const steps = pointer
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return steps.reduce((at: Place, step) => {
      const found = this.#child(at, step);
      if (found === undefined) throw new Error(`${file} refers to ${reference}, which does not exist`);
      return found;
    }, this.#follow(next));
  }
}

const toValue = (place: Place | undefined): unknown => place?.node.toJS(place.document);
