import { listOperations } from '../../src/docs/samples/example.ts';
import type { Api } from '../../src/http/api.ts';
import { type Contract, type Reference, type ResponseObject, resolve } from '../../src/http/contract.ts';
import type { WrittenExample } from './sources.ts';

interface Schema {
  properties?: Record<string, Schema | Reference>;
  items?: Schema | Reference;
  allOf?: (Schema | Reference)[];
  anyOf?: (Schema | Reference)[];
  oneOf?: (Schema | Reference)[];
}

/** The schemas that may describe one place of an answer. */
export interface Schemas {
  /** The members that any of them names. */
  names(): string[];
  member(name: string): Schemas;
  items(): Schemas;
}

/** The schema of the answer that an example shows. */
export function schemaOf(api: Api, { operation: id, status, media }: WrittenExample): Schemas {
  const { contract } = api;
  const found = listOperations(api).find(({ operation }) => operation.operationId === id);
  const response = resolve<ResponseObject>(contract, found?.operation.responses[status] as ResponseObject);
  return schemasFrom(contract, [response.content?.[media]?.schema as Schema]);
}

function schemasFrom(contract: Contract, schemas: readonly (Schema | Reference | undefined)[]): Schemas {
  const parts = schemas.flatMap((schema) => (schema === undefined ? [] : partsOf(contract, schema)));
  return {
    names: () => [...new Set(parts.flatMap(({ properties = {} }) => Object.keys(properties)))],
    member: (name) =>
      schemasFrom(
        contract,
        parts.map(({ properties = {} }) => properties[name]),
      ),
    items: () =>
      schemasFrom(
        contract,
        parts.map(({ items }) => items),
      ),
  };
}

/** A schema and those that it is made of. Next to a reference there may be more. */
function partsOf(contract: Contract, schema: Schema | Reference): Schema[] {
  if ('$ref' in schema) {
    const { $ref, ...beside } = schema;
    return [...partsOf(contract, resolve<Schema>(contract, { $ref })), ...partsOf(contract, beside)];
  }
  const { allOf = [], anyOf = [], oneOf = [] } = schema;
  return [schema, ...[...allOf, ...anyOf, ...oneOf].flatMap((part) => partsOf(contract, part))];
}
