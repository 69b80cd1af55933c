import { dereference, type Node } from './references.ts';

/** The same contract without undeclared members, except in objects that allow additional ones. */
export function seal(contract: Node): Node {
  const isOpen = (schema: unknown): boolean => {
    const { properties, allOf, anyOf, oneOf, additionalProperties, unevaluatedProperties } = dereference(
      contract,
      schema,
    );
    return (
      Boolean(properties ?? allOf ?? anyOf ?? oneOf) &&
      additionalProperties === undefined &&
      unevaluatedProperties === undefined
    );
  };
  const close = (schema: unknown): unknown =>
    isOpen(schema) ? { ...(inside(schema) as Node), unevaluatedProperties: false } : inside(schema);
  const each = (map: unknown, change: (schema: unknown) => unknown) =>
    Object.fromEntries(Object.entries(map as Node).map(([name, schema]) => [name, change(schema)]));
  const inside = (schema: unknown): unknown => {
    if (typeof schema !== 'object' || schema === null) return schema;
    const changed = Object.entries(schema).map(([keyword, value]) => {
      if (['properties', 'patternProperties'].includes(keyword)) return [keyword, each(value, close)];
      if (keyword === '$defs') return [keyword, each(value, inside)];
      if (['items', 'additionalProperties', 'contains', 'contentSchema'].includes(keyword))
        return [keyword, close(value)];
      if (keyword === 'prefixItems') return [keyword, (value as unknown[]).map(close)];
      if (['allOf', 'anyOf', 'oneOf'].includes(keyword)) return [keyword, (value as unknown[]).map(inside)];
      return [keyword, ['then', 'else'].includes(keyword) ? inside(value) : value];
    });
    return Object.fromEntries(changed);
  };
  const walk = (node: unknown, inRequest = false): unknown => {
    if (Array.isArray(node)) return node.map((value) => walk(value, inRequest));
    if (typeof node !== 'object' || node === null) return node;
    const changed = Object.entries(node).map(([key, value]) => {
      if (key === 'schemas') return [key, each(value, inside)];
      if (key === 'schema' && !inRequest) return [key, close(value)];
      if (['example', 'examples', 'value'].includes(key)) return [key, value];
      return [key, walk(value, inRequest || ['requestBody', 'requestBodies', 'parameters'].includes(key))];
    });
    return Object.fromEntries(changed);
  };
  return walk(contract) as Node;
}
