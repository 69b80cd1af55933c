import { HttpError } from '../errors.ts';
import { type Contract, type Method, type PathItem, resolve } from './contract.ts';

interface Parameter {
  name: string;
  in: string;
  style?: string;
  allowEmptyValue?: boolean;
  schema?: Schema;
}

interface Schema {
  type?: unknown;
  properties?: Record<string, Schema>;
}

/** How to read a parameter of the path or the query before validation. */
export interface ParameterRule {
  name: string;
  place: 'params' | 'query';
  type: 'integer' | 'number' | 'boolean' | undefined;
  /** An empty value counts as absent: a query parameter without `allowEmptyValue`. */
  emptyIsAbsent: boolean;
}

/** The rules of one operation; for an object with `style: deepObject`, those of its members: `page[number]`. */
export function parameterRules(contract: Contract, item: PathItem, method: Method): ParameterRule[] {
  const { parameters: shared = [], [method]: operation } = item;
  return [...shared, ...(operation?.parameters ?? [])].flatMap((parameter) => {
    const { name, in: place, style, allowEmptyValue = false, schema = {} } = resolve(contract, parameter as Parameter);
    if (place !== 'path' && place !== 'query') return [];
    const { properties = {}, ...own } = resolve(contract, schema);
    const members: [string, Schema][] =
      style === 'deepObject'
        ? Object.entries(properties).map(([member, of]) => [`${name}[${member}]`, resolve(contract, of)])
        : [[name, own]];
    return members.map(([name, { type }]) => ({
      name,
      place: place === 'path' ? 'params' : 'query',
      type: type === 'integer' || type === 'number' || type === 'boolean' ? type : undefined,
      emptyIsAbsent: place === 'query' && !allowEmptyValue,
    }));
  });
}

const notations = { integer: /^-?\d+$/, number: /^-?\d+(\.\d+)?$/ };

/**
 * Removes empty parameters, and reads the `1` and `0` that PHP sends for booleans. Throws 400 for what JavaScript converts to a number and the contract does not mean: `0x10`,
 * `1.0` for an integer, `1e400`, a blank.
 */
export function applyParameterRules(
  rules: readonly ParameterRule[],
  values: Record<'params' | 'query', Record<string, unknown>>,
): void {
  for (const { name, place, type, emptyIsAbsent } of rules) {
    const value = values[place][name];
    if (value === '' && emptyIsAbsent) delete values[place][name];
    else if (type === 'boolean') {
      if (value === '1' || value === '0') values[place][name] = String(value === '1');
    } else if (type !== undefined && typeof value === 'string' && !notations[type].test(value)) {
      const message = `must be ${type === 'integer' ? 'an integer' : 'a number'}`;
      const details = [{ path: `/${place}/${name}`, message, keyword: 'type' }];
      throw new HttpError('invalid_request', `${name} ${message}`, { details });
    }
  }
}
