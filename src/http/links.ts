import { type Contract, methods, type OperationObject, type ResponseObject, resolve } from './contract.ts';

/** What an answer leads to (OpenAPI 3.1, Link Object). The values are runtime expressions, or are taken as they are. */
export interface Link {
  operationId: string;
  /** By name; a place such as `path.` may stand before it. */
  parameters?: Record<string, unknown>;
  /** A body. Members that it does not name are the caller's. */
  requestBody?: unknown;
}

/** A link with the operation and the status whose answer has it. */
export interface LinkOfAnswer extends Link {
  source: string;
  status: string;
}

/** Every operation of a contract, in its order. */
export const operationObjectsOf = ({ paths }: Contract): OperationObject[] =>
  Object.values(paths).flatMap((item) =>
    methods.flatMap((method) => (item[method] === undefined ? [] : [item[method]])),
  );

/** Every link of a contract, in its order. */
export const linksOf = (contract: Contract): LinkOfAnswer[] =>
  operationObjectsOf(contract).flatMap((operation) => linksOfOperation(contract, operation));

/** The links of an operation's answers. */
export const linksOfOperation = (contract: Contract, { operationId, responses }: OperationObject): LinkOfAnswer[] =>
  Object.entries(responses).flatMap(([status, response]) => {
    const { links = {} } = resolve<ResponseObject & { links?: Record<string, Link> }>(contract, response);
    return Object.values(links).map((link) => ({ ...resolve<Link>(contract, link), source: operationId, status }));
  });
