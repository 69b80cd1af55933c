import generated from '../../../generated/sandbox.json' with { type: 'json' };
import { type Contract, methods, resolve } from '../../http/contract.ts';

const contract = generated as unknown as Contract;

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
}

/**
 * The fields that the contract has where a request has an unknown one.
 *
 * @param path of the unknown field: `/body/tower/users/0/colour`
 */
export function fieldsBeside(operationId: string | undefined, path: string): string[] {
  let schema = bodyOf(operationId);
  for (const token of path.split('/').slice(2, -1)) {
    const { properties = {}, items } = resolve(contract, schema);
    schema = properties[token] ?? items ?? {};
  }
  return Object.keys(resolve(contract, schema).properties ?? {});
}

function bodyOf(operationId: string | undefined): Schema {
  const operations = Object.values(contract.paths).flatMap((item) => methods.flatMap((method) => item[method] ?? []));
  const { requestBody = { content: {} } } = operations.find((one) => one.operationId === operationId) ?? {};
  const [media] = Object.values(resolve(contract, requestBody).content);
  return media?.schema ?? {};
}
