import bundle from '../../../generated/ppmessage.json' with { type: 'json' };
import { type Contract, type OperationObject, type RequestBody, resolve } from '../../http/contract.ts';

export const contract = bundle as unknown as Contract;

/** The part of a schema that gives the type of a field. */
export interface FieldType {
  type?: string | string[];
}

/** What the contract says about one operation, for the code that all operations share. */
interface Rules {
  /** Levels of keys that may call the operation (`x-levels`, P-21). */
  levels: readonly string[];
  /** Whether the request has the field `app_uuid`. */
  namesApp: boolean;
  /** Fields that may be written in several ways, with the type of their normal form. */
  spelled: readonly (readonly [string, FieldType])[];
}

interface Schema extends FieldType {
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
    const spelled = Object.entries(properties).flatMap(([name, field]) => {
      const [normal] = resolve<Schema>(contract, field).anyOf ?? [];
      return normal === undefined ? [] : [[name, resolve<Schema>(contract, normal)] as const];
    });
    return [path, { levels, namesApp: 'app_uuid' in properties, spelled }];
  }),
);

/** The rules of the operation at a path. */
export const rulesOf = (path: string): Rules => rules.get(path) ?? { levels: [], namesApp: false, spelled: [] };

/** The schema of the body of the operation at a path. */
export function schemaOf(path: string): object {
  const { requestBody } = contract.paths[path]?.post ?? {};
  const body = requestBody && resolve<RequestBody>(contract, requestBody);
  return body?.content['application/json']?.schema ?? {};
}
