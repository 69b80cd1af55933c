import { apis } from '../../src/app.ts';
import { createSandboxClient } from '../../src/client/index.ts';
import { listOperations, sampleRequest } from '../../src/docs/samples/example.ts';
import { headersOf, type SampleFile, type SampleRequest, urlOf } from '../../src/docs/samples/request.ts';

/** A request that the documentation shows, in a world with fresh demo data. */
export interface JudgedRequest {
  operationId: string;
  sample: SampleRequest;
  /** The world among the headers. */
  headers: Record<string, string>;
}

/**
 * The requests that the documentation shows for the operations of an API. Those that only read share a world. Streams,
 * which have no end, are left out.
 */
export async function createRequests(url: string, name: string): Promise<JudgedRequest[]> {
  const api = apis.find((one) => one.name === name);
  if (api === undefined) throw new Error(`There is no API ${name}`);
  const control = createSandboxClient({ baseUrl: `${url}/sandbox` });
  const createWorld = async () => {
    const { data } = await control.POST('/worlds', {});
    if (data === undefined) throw new Error('There is no world');
    return data.id;
  };
  const shared = await createWorld();
  const requests: JudgedRequest[] = [];
  for (const { operation, method } of listOperations(api)) {
    const { operationId } = operation;
    const sample = sampleRequest(api, operationId, { server: url, mock: undefined, isSandbox: true });
    if (sample.answer === 'stream') continue;
    const world = method === 'get' ? shared : await createWorld();
    requests.push({ operationId, sample, headers: { ...headersOf(sample), 'Qiyue-World': world } });
  }
  return requests;
}

/** Sends a request to another address of the API, and follows no redirect. */
export function sendTo(baseUrl: string, { sample, headers }: JudgedRequest): Promise<Response> {
  const { method, body } = sample;
  const url = baseUrl + urlOf(sample).slice(sample.baseUrl.length);
  return fetch(url, { method, headers, body: toBody(body), redirect: 'manual' });
}

function toBody(body: SampleRequest['body']): BodyInit | null {
  switch (body?.kind) {
    case 'json':
      return JSON.stringify(body.value);
    case 'form':
      return new URLSearchParams(body.fields).toString();
    case 'multipart': {
      const form = new FormData();
      for (const [name, value] of body.fields) {
        if (typeof value === 'string') form.append(name, value);
        else form.append(name, new Blob([bytesOf(value)], { type: value.type }), value.name);
      }
      return form;
    }
    case 'bytes':
      return bytesOf(body.file);
    default:
      return null;
  }
}

/** The bytes of a file. */
export const bytesOf = ({ text = '', base64 }: SampleFile): Uint8Array<ArrayBuffer> =>
  new Uint8Array(base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64'));
