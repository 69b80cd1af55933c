import type { Contract } from './contract.ts';

interface Discriminator {
  propertyName?: unknown;
  mapping?: Record<string, string>;
}

/**
 * Rewrites unions with a discriminator as `if tag then variant`, so that an error names the field of the chosen variant.
 * express-openapi-validator's own discriminator, which depends on the order of the schemas, then never runs.
 */
export function discriminatorsToConditions(contract: Contract): Contract {
  return rewrite(contract) as Contract;
}

function rewrite(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(rewrite);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, child]) => [key, rewrite(child)] as const);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  const { discriminator } = node as { discriminator?: Discriminator };
  if (typeof discriminator?.propertyName !== 'string') return copy;
  delete copy.discriminator;
  if (discriminator.mapping === undefined || copy.oneOf === undefined) return copy;
  delete copy.oneOf;
  return { ...copy, ...toConditions(discriminator.propertyName, discriminator.mapping) };
}

function toConditions(tag: string, mapping: Record<string, string>): object {
  return {
    type: 'object',
    required: [tag],
    properties: { [tag]: { type: 'string', enum: Object.keys(mapping) } },
    allOf: Object.entries(mapping).map(([value, $ref]) => ({
      if: { required: [tag], properties: { [tag]: { const: value } } },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: { $ref },
    })),
  };
}
