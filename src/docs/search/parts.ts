import {
  type Contract,
  lookUp,
  type MediaType,
  type OperationObject,
  type Reference,
  resolve,
} from '../../http/contract.ts';
import type { Entry } from './engine.ts';

/** A part of an operation that can be found by itself. */
export type Part = Pick<Entry, 'kind' | 'title' | 'names' | 'text'>;

interface Parameter {
  name: string;
  in: string;
  description?: string;
}

interface Schema {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
}

interface Example {
  summary?: string;
  value?: unknown;
}

/** The parameters of an operation, those of its path included. */
export function parametersOf(contract: Contract, path: string, operation: OperationObject): Part[] {
  const parameters = [...(contract.paths[path]?.parameters ?? []), ...(operation.parameters ?? [])];
  return parameters.map((one) => {
    const { name, description } = resolve(contract, one as Parameter | Reference);
    return { kind: 'parameter', title: name, text: description };
  });
}

/** The fields of an operation's request and responses, at any depth. */
export function fieldsOf(contract: Contract, operation: OperationObject): Part[] {
  const fields: Part[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const { $ref, properties, ...others } = value as Schema;
    if ($ref !== undefined) visit(lookUp(contract, $ref));
    for (const [title, schema] of Object.entries(properties ?? {})) {
      fields.push({ kind: 'field', title, text: describe(contract, schema) });
      visit(schema);
    }
    for (const child of Object.values(others)) visit(child);
  };
  for (const { schema } of contentsOf(contract, operation)) visit(schema);
  return fields;
}

/** A description beside a reference comes before that of its target. */
const describe = (contract: Contract, schema: Schema): string | undefined =>
  schema.description ?? resolve(contract, schema as Schema | Reference).description;

/** How an operation can fail, by the examples of its responses. The names of an error are its numbers and words. */
export function errorsOf(contract: Contract, operation: OperationObject): Part[] {
  return Object.entries(operation.responses).flatMap(([status, response]) =>
    Object.values(resolve(contract, response).content ?? {}).flatMap((mediaType) =>
      examplesOf(contract, mediaType).flatMap(([name, { summary, value }]): Part[] => {
        const error = toError(value, status);
        if (error === undefined) return [];
        const { code, message } = error;
        const names = [...new Set([code, status, name])].join(' ');
        return [{ kind: 'error', title: `${code} ${summary ?? message}`, names, text: message }];
      }),
    ),
  );
}

interface ErrorBody {
  code?: string | number;
  message?: string;
  error?: string;
  error_description?: string;
  error_code?: string | number;
  error_string?: string;
  meta?: ErrorBody;
  errors?: { status?: string; code?: string; title?: string; detail?: string }[];
}

/** The code and the message in an error body of any of the APIs. PPMessage refuses with the status 200 (P-19). */
function toError(value: unknown, status: string): { code: string; message: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const body = value as ErrorBody;
  const { meta: { code = body.code, message = body.message } = {}, errors: [first] = [] } = body;
  if (Number(status) < 400 && Number(body.error_code ?? 0) === 0) return undefined;
  return {
    code: String(body.error_code ?? body.error ?? code ?? first?.code ?? status),
    message: body.error_string ?? body.error_description ?? message ?? first?.detail ?? first?.title ?? '',
  };
}

function contentsOf(contract: Contract, { requestBody, responses }: OperationObject): MediaType[] {
  const all = [...(requestBody ? [requestBody] : []), ...Object.values(responses)];
  return all.flatMap((one) =>
    Object.values(resolve<{ content?: Record<string, MediaType> }>(contract, one).content ?? {}),
  );
}

function examplesOf(contract: Contract, { examples = {}, ...mediaType }: MediaType): [name: string, Example][] {
  const named = Object.entries(examples as Record<string, Example | Reference>).map(
    ([name, example]) => [name, resolve(contract, example)] as [string, Example],
  );
  return 'example' in mediaType ? [['', { value: mediaType.example }], ...named] : named;
}
