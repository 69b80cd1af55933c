/** Documents of JSON:API 1.0, as nested objects. */

interface Identifier {
  id: string;
  type: string;
}

interface Resource extends Identifier {
  attributes?: object;
  relationships?: object;
}

/** A document about one resource or several. */
export interface ResourceDocument {
  data: Resource | readonly Resource[];
  included?: readonly Resource[];
}

type Element<List> = List extends readonly (infer Item)[] ? Item : List;
type Contents<Document> =
  | (Document extends { data: infer Data } ? Element<Data> : never)
  | (Document extends { included: infer Included } ? Element<Included> : never);

type Member<Type, Name extends string> = Type extends Record<Name, infer Value> ? Value : unknown;

/** What a relationship names, of which a document may have the id and type alone. */
type Related<Target, All> = Target extends Identifier
  ? Pick<Target, 'id' | 'type'> & Partial<Nested<Extract<All, { type: Target['type'] }>, All>>
  : never;

type Relation<Relationship, All> = Relationship extends { data: infer Data }
  ? Data extends readonly (infer Target)[]
    ? Related<Target, All>[]
    : Data extends null
      ? null
      : Related<Data, All>
  : never;

type Nested<Of, All> = Of extends Identifier
  ? Pick<Of, 'id' | 'type'> &
      Member<Of, 'attributes'> & {
        [Name in keyof Member<Of, 'relationships'>]: Relation<Member<Of, 'relationships'>[Name], All>;
      }
  : never;

/** The resources of a document as objects: attributes and relationships are their members. */
export type Resolved<Document extends ResourceDocument> = Document['data'] extends readonly (infer Item)[]
  ? Nested<Item, Contents<Document>>[]
  : Nested<Document['data'], Contents<Document>>;

/**
 * The resources of a JSON:API document as nested objects: attributes and relationships become members. A resource is one
 * object wherever it stands, so the objects can form cycles. A resource that the document does not include has `id` and
 * `type` alone.
 *
 * @example
 * const { data } = await client.GET('/api/v1/todos/{todo_id}', { params: { path: { todo_id } } });
 * if (data) {
 *   const todo = resolve(data);
 *   console.log(todo.content, todo.assignee?.nickname, todo.comments.length);
 * }
 */
export function resolve<Document extends ResourceDocument>(document: Document): Resolved<Document> {
  const { data, included = [] } = document;
  const known = new Map([...included, ...[data].flat()].map((resource) => [keyOf(resource as Resource), resource]));
  const made = new Map<string, object>();

  function nest(identifier: Identifier): object {
    const key = keyOf(identifier);
    const before = made.get(key);
    if (before !== undefined) return before;
    const { attributes, relationships = {} }: Resource = (known.get(key) as Resource | undefined) ?? identifier;
    const object: Record<string, unknown> = { id: identifier.id, type: identifier.type, ...attributes };
    made.set(key, object);
    for (const [name, { data: target }] of Object.entries(relationships) as [string, Relationship][])
      object[name] = Array.isArray(target) ? target.map(nest) : target && nest(target);
    return object;
  }

  return (Array.isArray(data) ? data.map(nest) : nest(data as Resource)) as Resolved<Document>;
}

interface Relationship {
  data: Identifier | Identifier[] | null;
}

const keyOf = ({ type, id }: Identifier): string => `${type} ${id}`;
