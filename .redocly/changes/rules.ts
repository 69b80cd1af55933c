export type Level = 'breaking' | 'safe' | 'documentation';

/** The part of an operation that a change concerns. */
export type Where = 'request' | 'response' | 'security' | 'operation';

/**
 * What a change does to the set of messages that a contract allows. A narrower set breaks the side that sends: what it
 * sent before may be refused. A wider set breaks the side that reads: it may meet what it has never seen.
 */
type Effect = 'narrower' | 'wider' | Level;

/** Each kind of change. Every entry has a test in test/contract/changes.test.ts. */
const effects = {
  'api-added': 'safe',
  'api-removed': 'breaking',
  'server-added': 'safe',
  'server-removed': 'breaking',
  'operation-added': 'safe',
  'operation-removed': 'breaking',
  'operation-renamed': 'breaking',
  'parameter-added': 'safe',
  'parameter-removed': 'breaking',
  'body-added': 'safe',
  'body-removed': 'breaking',
  'media-type-added': 'safe',
  'media-type-removed': 'breaking',
  'serialization-changed': 'breaking',
  'success-status-added': 'breaking',
  'success-status-removed': 'breaking',
  'error-status-added': 'safe',
  'error-status-removed': 'safe',
  'header-added': 'safe',
  'header-removed': 'breaking',
  'required-added': 'narrower',
  'required-removed': 'wider',
  'property-added': 'safe',
  // Typed callers name it, also where it was optional.
  'property-removed': 'breaking',
  'undeclared-properties-refused': 'narrower',
  'undeclared-properties-allowed': 'wider',
  'type-removed': 'narrower',
  'type-added': 'wider',
  // Values of enum and const; error numbers are such values.
  'value-removed': 'narrower',
  'value-added': 'wider',
  'bound-tightened': 'narrower',
  'bound-loosened': 'wider',
  // pattern, format and the other keywords that hold or do not.
  'constraint-added': 'narrower',
  'constraint-removed': 'wider',
  'constraint-changed': 'breaking',
  'variant-removed': 'narrower',
  'variant-added': 'wider',
  'part-added': 'narrower',
  'part-removed': 'wider',
  'default-changed': 'narrower',
  'security-removed': 'breaking',
  'security-added': 'safe',
  'security-scheme-changed': 'breaking',
  'deprecated-changed': 'documentation',
  'documentation-changed': 'documentation',
} as const satisfies Record<string, Effect>;

export type Rule = keyof typeof effects;
export const rules = Object.keys(effects) as Rule[];

/** @param callerSends whether the caller of the API sends what the change concerns, or reads it */
export function levelOf(rule: Rule, callerSends: boolean): Level {
  const effect = effects[rule];
  if (effect === 'narrower') return callerSends ? 'breaking' : 'safe';
  if (effect === 'wider') return callerSends ? 'safe' : 'breaking';
  return effect;
}
