import bundle from '../../generated/ppmessage.json' with { type: 'json' };
import { type Contract, type OperationObject, type RequestBody, resolve } from '../http/contract.ts';

export const contract = bundle as unknown as Contract;

/** What the contract says of an operation that counts for all of them, by path. */
interface Rules {
  /** Levels of keys that may call it (`x-levels`). */
  levels: readonly string[];
  /** Whether its request names an app. */
  namesApp: boolean;
}

const rules = new Map<string, Rules>(
  Object.entries(contract.paths).map(([path, item]) => {
    const { 'x-levels': levels = [], requestBody } = (item.post ?? item.get) as OperationObject & {
      'x-levels'?: string[];
    };
    const body = requestBody && resolve<RequestBody>(contract, requestBody);
    const schema = body?.content['application/json']?.schema;
    const { properties = {} } = schema ? resolve<{ properties?: object }>(contract, schema) : {};
    return [path, { levels, namesApp: 'app_uuid' in properties }];
  }),
);

export const rulesOf = (path: string): Rules => rules.get(path) ?? { levels: [], namesApp: false };
