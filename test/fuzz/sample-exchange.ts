import type { Addresses } from '../../src/docs/addresses.ts';
import { sampleRequest } from '../../src/docs/samples/example.ts';
import { headersOf, type SampleFile } from '../../src/docs/samples/request.ts';
import type { Api } from '../../src/http/api.ts';
import type { Exchange, UploadedFile } from '../../src/verify/exchange.ts';

/** The values of the demo data. They are the same at every address. */
const sandbox: Addresses = { server: 'http://127.0.0.1', mock: undefined, isSandbox: true };

/**
 * The request that the documentation shows for an operation. All of it is fixed: the tokens, too, are those of the demo
 * data.
 */
export function sampleExchange(api: Api, operationId: string): Exchange {
  const request = sampleRequest(api, operationId, sandbox);
  const { parameters, body } = request;
  const valuesIn = (place: string) =>
    Object.fromEntries(
      parameters.filter((parameter) => parameter.in === place).map(({ name, value }) => [name, String(value)]),
    );
  const { 'Content-Type': type = '', ...headers } = headersOf(request);
  const exchange: Exchange = { params: valuesIn('path'), query: valuesIn('query'), headers };
  if (body === undefined) return exchange;
  if (body.kind === 'json') return { ...exchange, json: body.value };
  if (body.kind === 'bytes')
    return { ...exchange, headers: { ...headers, 'Content-Type': type }, body: bytesOf(body.file) };
  const fields = new Map<string, (string | UploadedFile)[]>();
  for (const [name, value] of body.fields)
    fields.set(name, [...(fields.get(name) ?? []), typeof value === 'string' ? value : fileOf(value)]);
  const single = [...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]);
  const field = body.kind === 'form' ? 'form' : 'multipart';
  return { ...exchange, [field]: Object.fromEntries(single) };
}

const bytesOf = ({ text, base64 = '' }: SampleFile) => (text === undefined ? Buffer.from(base64, 'base64') : text);

const fileOf = (file: SampleFile): UploadedFile => ({ filename: file.name, type: file.type, content: bytesOf(file) });
