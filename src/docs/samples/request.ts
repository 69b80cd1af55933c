/** A request with every value filled in. Values are not encoded. */
export interface SampleRequest {
  api: string;
  operationId: string;
  method: string;
  /** With its parameters in braces. */
  path: string;
  /** The address of the API, without a slash at its end. */
  baseUrl: string;
  parameters: SampleParameter[];
  /** The scheme of the contract that `credential` belongs to. */
  scheme: string | undefined;
  /** Headers of the request beside its parameters: credentials and the type of the body. */
  headers: Record<string, string>;
  body: SampleBody | undefined;
  /** What the typed client needs beside the credentials of the caller: those of an application. */
  client: Readonly<Record<string, string | number>>;
  /** What a success brings. */
  answer: 'json' | 'text' | 'file' | 'stream' | 'redirect' | 'nothing';
}

export interface SampleParameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  value: string | number | boolean;
}

/** `value` is the example as the contract has it; fields keep its order, and are texts and files. */
export type SampleBody =
  | { kind: 'json'; type: string; value: unknown }
  | { kind: 'form'; value: Record<string, unknown>; fields: [name: string, value: string][] }
  | { kind: 'multipart'; value: Record<string, unknown>; fields: [name: string, value: string | SampleFile][] }
  | { kind: 'bytes'; type: string; file: SampleFile };

export interface SampleFile {
  name: string;
  type: string;
  /** What is in the file: text, or bytes in base64. */
  text?: string;
  base64?: string;
}

/** The address of the request, with its query. */
export function urlOf({ baseUrl, path, parameters }: SampleRequest): string {
  const filled = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((text, { name, value }) => text.replace(`{${name}}`, encodeURIComponent(value)), path);
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return baseUrl + filled + (query.length > 0 ? `?${query.join('&')}` : '');
}

/** The headers of the request: its parameters among them, and those of the body and the credentials. */
export function headersOf({ headers, parameters }: SampleRequest): Record<string, string> {
  const given = parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name, value }) => [name, `${value}`]);
  return { ...Object.fromEntries(given), ...headers };
}
