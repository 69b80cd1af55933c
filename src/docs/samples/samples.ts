import type { Api } from '../../http/api.ts';
import type { Addresses } from '../addresses.ts';
import { toClient } from './client.ts';
import { toCurl } from './curl.ts';
import { listOperations, sampleRequest } from './example.ts';
import { toFetch, toPhpCurl, toRequests } from './scripts.ts';

/** One sample of a request. */
export interface Sample {
  /** As a fenced block of Markdown names it. */
  lang: 'sh' | 'js' | 'ts' | 'python' | 'php';
  label: 'curl' | 'fetch' | 'qiyue/client' | 'Python' | 'PHP';
  source: string;
}

/** The samples of an operation, for a server at these addresses. */
export function samplesOf(api: Api, operationId: string, at: Addresses): Sample[] {
  const request = sampleRequest(api, operationId, at);
  return [
    { lang: 'sh', label: 'curl', source: toCurl(request) },
    { lang: 'js', label: 'fetch', source: toFetch(request) },
    { lang: 'ts', label: 'qiyue/client', source: toClient(request) },
    { lang: 'python', label: 'Python', source: toRequests(request) },
    { lang: 'php', label: 'PHP', source: toPhpCurl(request) },
  ];
}

/** Adds the samples of every operation to a contract of the API, as `x-codeSamples`. */
export function addSamples<C extends Api['contract']>(api: Api, contract: C, at: Addresses): C {
  for (const { operation } of listOperations({ contract }))
    (operation as { 'x-codeSamples'?: Sample[] })['x-codeSamples'] = samplesOf(api, operation.operationId, at);
  return contract;
}
