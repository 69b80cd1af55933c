import bundle from '../../../generated/ppmessage.json' with { type: 'json' };
import { type Contract, type OperationObject, type RequestBody, resolve } from '../../http/contract.ts';

export const contract = bundle as unknown as Contract;

/** As much of a schema as tells what is meant by a value. */
export interface Meaning {
  type?: string | string[];
}

/** What the contract says of an operation that counts for all of them, by path. */
interface Rules {
  /** Levels of keys that may call it (`x-levels`). */
  levels: readonly string[];
  /** Whether its request names an app. */
  namesApp: boolean;
  /** Fields that may be written in several ways, with what is meant. */
  meanings: readonly (readonly [string, Meaning])[];
}

interface Schema extends Meaning {
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
}

const rules = new Map<string, Rules>(
  Object.entries(contract.paths).map(([path, item]) => {
    const { 'x-levels': levels = [], requestBody } = (item.post ?? item.get) as OperationObject & {
      'x-levels'?: string[];
    };
    const body = requestBody && resolve<RequestBody>(contract, requestBody);
    const schema = body?.content['application/json']?.schema;
    const { properties = {} } = schema ? resolve<Schema>(contract, schema) : {};
    const meanings = Object.entries(properties).flatMap(([name, field]) => {
      const [meaning] = resolve<Schema>(contract, field).anyOf ?? [];
      return meaning === undefined ? [] : [[name, resolve<Schema>(contract, meaning)] as const];
    });
    return [path, { levels, namesApp: 'app_uuid' in properties, meanings }];
  }),
);

export const rulesOf = (path: string): Rules => rules.get(path) ?? { levels: [], namesApp: false, meanings: [] };
