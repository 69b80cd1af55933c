import type { Request } from 'express';
import {
  type Contract,
  type HeaderObject,
  type MediaType,
  type OperationObject,
  type ResponseObject,
  resolve,
} from '../../http/contract.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { withBytes } from '../../mock/example-files.ts';

/** An answer that a contract shows. */
export interface ExampleAnswer {
  status: number;
  /** Undefined for an answer without a body. */
  type: string | undefined;
  /** Undefined for an example without a name. */
  name: string | undefined;
  body: unknown;
  headers: Record<string, unknown>;
  /** The id of the request in the example, which some bodies repeat. */
  requestId: string | undefined;
}

/** The examples of all answers of an operation, in the order of the contract. */
export function exampleAnswers(contract: Contract, { responses }: OperationObject): ExampleAnswer[] {
  return Object.entries(responses).flatMap(([code, reference]): ExampleAnswer[] => {
    const response = resolve<ResponseObject>(contract, reference);
    const { 'X-Request-Id': id, ...headers } = headerExamples(contract, response);
    const common = { status: Number(code), headers, requestId: id as string | undefined };
    const content = Object.entries(response.content ?? {});
    if (content.length === 0) return [{ ...common, type: undefined, name: undefined, body: undefined }];
    return content.flatMap(([type, media]) =>
      namedExamples(contract, media).map(([name, body]) => ({ ...common, type, name, body })),
    );
  });
}

interface Exemplified {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

function namedExamples(contract: Contract, media: MediaType): [name: string | undefined, value: unknown][] {
  const { example, examples = {} } = media as Exemplified;
  const named = Object.entries(examples).map(([name, one]): [string, unknown] => [name, resolve(contract, one).value]);
  return named.length > 0 ? named : [[undefined, example]];
}

/** The server itself adds these. */
const automatic = new Set(['Content-Range', 'ETag', 'Last-Modified']);

function headerExamples(contract: Contract, { headers = {} }: ResponseObject): Record<string, unknown> {
  const all = Object.entries(headers).map(([name, reference]) => {
    const header = resolve(contract, reference) as HeaderObject & Exemplified;
    const [first] = Object.values(header.examples ?? {});
    return [name, header.example ?? first?.value] as const;
  });
  return Object.fromEntries(all.filter(([name, value]) => value !== undefined && !automatic.has(name)));
}

/** Of several answers the one with the media type that the caller prefers, with the id of the request. */
export function toOutput(answers: readonly ExampleAnswer[], request: Request, requestId: string): AnyOutput {
  const types = [...new Set(answers.flatMap(({ type }) => type ?? []))];
  const best = types.length > 1 && request.accepts(types);
  const chosen = answers.find(({ type }) => type === best) ?? (answers[0] as ExampleAnswer);
  const { status, type, headers, requestId: shown } = chosen;
  if (type === undefined) return { status, headers };
  const text = JSON.stringify(chosen.body ?? null);
  const body: unknown = JSON.parse(shown === undefined ? text : text.replaceAll(shown, requestId));
  return withBytes({ status, type, headers, body });
}
