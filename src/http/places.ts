import { type Contract, lookUp } from './contract.ts';

/** The keywords of JSON Schema that decide which members a value may have. */
interface SchemaObject {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: Schema;
  unevaluatedProperties?: Schema;
  prefixItems?: Schema[];
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  if?: Schema;
  then?: Schema;
  else?: Schema;
  dependentSchemas?: Record<string, Schema>;
  contentMediaType?: string;
  contentSchema?: Schema;
}

export type Schema = boolean | SchemaObject;

/** Whether a value matches a schema of the contract. */
export type Matches = (schema: Schema, value: unknown) => boolean;

/** Schemas that apply to some values only. */
interface Alternative {
  schemas: readonly Schema[];
  appliesTo(value: unknown): boolean;
}

/**
 * A place in a body: all schemas for the value there. They add to each other. An object schema declares the members that
 * it names, those of its `patternProperties`, and all if it has `additionalProperties`.
 */
export class Place {
  /** No schema is for objects, so every member is declared. */
  readonly isFree: boolean;
  /** Nothing in a value can be undeclared. */
  readonly isLeaf: boolean;
  readonly #places: Places;
  readonly #schemas: readonly SchemaObject[];
  readonly #alternatives: readonly Alternative[];
  readonly #variants = new Map<string, Place>();
  readonly #members = new Map<string, Place>();
  readonly #texts: readonly Schema[];
  #everyElement: Place | undefined;

  constructor(places: Places, schemas: readonly SchemaObject[], alternatives: readonly Alternative[]) {
    this.#places = places;
    this.#schemas = schemas;
    this.#alternatives = alternatives;
    this.#texts = schemas.flatMap(textSchemas);
    this.isFree = !schemas.some(isForObjects);
    const hasElements = schemas.some(({ items, prefixItems }) => (items ?? prefixItems) !== undefined);
    this.isLeaf = this.isFree && !hasElements && this.#texts.length === 0 && alternatives.length === 0;
  }

  /** This place for one value: with the alternatives that the value matches. */
  choose(value: unknown): Place {
    if (this.#alternatives.length === 0) return this;
    const choice = this.#alternatives.map((alternative) => (alternative.appliesTo(value) ? 1 : 0)).join('');
    let variant = this.#variants.get(choice);
    if (variant === undefined) {
      const chosen = this.#alternatives.filter((_, index) => choice[index] === '1').flatMap(({ schemas }) => schemas);
      variant = this.#places.variant(this.#schemas, chosen);
      this.#variants.set(choice, variant);
    }
    // The chosen ones can have alternatives of their own.
    return variant.choose(value);
  }

  /** Undefined when the member is not declared. */
  member(name: string): Place | undefined {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const schemas = this.#schemas.flatMap((schema) => memberSchemas(schema, name));
    if (schemas.length === 0) return undefined;
    const place = this.#places.of(schemas);
    // Other names are not kept: a map has any number of them.
    if (this.#schemas.some(({ properties = {} }) => Object.hasOwn(properties, name))) this.#members.set(name, place);
    return place;
  }

  element(index: number): Place {
    if (this.#everyElement !== undefined) return this.#everyElement;
    const place = this.#places.of(this.#schemas.flatMap((schema) => elementSchemas(schema, index)));
    if (!this.#schemas.some(({ prefixItems }) => prefixItems !== undefined)) this.#everyElement = place;
    return place;
  }

  /** The JSON in a string; undefined when it has no schema. */
  text(): Place | undefined {
    return this.#texts.length > 0 ? this.#places.of(this.#texts) : undefined;
  }
}

/** The places of the bodies of a contract. They are made on first use: schemas can contain themselves. */
export class Places {
  readonly #contract: Contract;
  readonly #matches: Matches;
  readonly #bySchema = new WeakMap<SchemaObject, Place>();

  /** @param matches is called with values that are known to match the schema that has the alternatives */
  constructor(contract: Contract, matches: Matches) {
    this.#contract = contract;
    this.#matches = matches;
  }

  of(schemas: readonly Schema[]): Place {
    const [only, ...others] = schemas;
    if (typeof only !== 'object' || others.length > 0) return this.variant([], schemas);
    const place = this.#bySchema.get(only) ?? this.variant([], schemas);
    this.#bySchema.set(only, place);
    return place;
  }

  /** A place with more schemas, whose alternatives are still to be chosen. */
  variant(schemas: readonly SchemaObject[], more: readonly Schema[]): Place {
    const added = more.flatMap((schema) => this.#flatten(schema));
    return new Place(
      this,
      [...schemas, ...added],
      added.flatMap((schema) => this.#alternativesOf(schema)),
    );
  }

  /** The schema and those that apply with it to every value. */
  #flatten(schema: Schema): SchemaObject[] {
    if (typeof schema === 'boolean') return [];
    const { $ref, allOf = [] } = schema;
    const target = $ref === undefined ? [] : [lookUp(this.#contract, $ref) as Schema];
    return [schema, ...[...target, ...allOf].flatMap((one) => this.#flatten(one))];
  }

  #alternativesOf({ if: condition, ...schema }: SchemaObject): Alternative[] {
    const { anyOf = [], oneOf = [], then = true, else: otherwise = true, dependentSchemas = {} } = schema;
    const when = (branch: Schema, schemas: readonly Schema[], expected = true): Alternative => ({
      schemas,
      appliesTo: (value) => this.#matches(branch, value) === expected,
    });
    return [
      ...[...anyOf, ...oneOf].map((branch) => when(branch, [branch])),
      ...(condition === undefined ? [] : [when(condition, [condition, then]), when(condition, [otherwise], false)]),
      ...Object.entries(dependentSchemas).map(([name, dependent]) => when({ required: [name] } as Schema, [dependent])),
    ];
  }
}

const isForObjects = ({ type, properties, patternProperties, ...schema }: SchemaObject): boolean =>
  (properties ?? patternProperties ?? schema.additionalProperties ?? schema.unevaluatedProperties) !== undefined ||
  [type].flat().includes('object');

/** What a schema says about a member; empty when it does not declare the member. */
function memberSchemas(schema: SchemaObject, name: string): Schema[] {
  const { properties = {}, patternProperties = {} } = schema;
  const named = Object.hasOwn(properties, name) ? [properties[name] as Schema] : [];
  const patterns = Object.entries(patternProperties).filter(([pattern]) => new RegExp(pattern, 'u').test(name));
  if (named.length + patterns.length > 0) return [...named, ...patterns.map(([, one]) => one)];
  const { additionalProperties = false, unevaluatedProperties = false } = schema;
  return [additionalProperties, unevaluatedProperties].filter((one) => one !== false);
}

const elementSchemas = ({ prefixItems = [], items }: SchemaObject, index: number): Schema[] =>
  [prefixItems[index] ?? items].filter((one) => one !== undefined);

const textSchemas = ({ contentMediaType = '', contentSchema }: SchemaObject): Schema[] =>
  contentMediaType.endsWith('json') && contentSchema !== undefined ? [contentSchema] : [];
