import { pagePolicy } from '../../html.ts';
import type { RequestInfo } from '../../http/request.ts';
import type { Redirect } from '../redirect.ts';
import type { PageData } from './page.ts';

/** Where a redirect leads, with the parameters of that address, such as `code` and `state`. */
export type Onward = PageData<200, { location: string; parameters: Record<string, string> }>;

/** Tells a program that prefers JSON where a redirect leads; other answers, and those to browsers, stay as they are. */
export function onward<Answer extends { status: number }>(
  request: RequestInfo,
  answer: Answer | Redirect,
): Answer | Redirect | Onward {
  if (!('headers' in answer && 'Location' in (answer.headers as object)) || !request.prefersJson) return answer;
  const { Location: location, ...headers } = (answer as Redirect).headers;
  const { searchParams } = new URL(location, request.baseUrl);
  return {
    status: 200,
    type: 'application/json',
    headers: { ...headers, 'Content-Security-Policy': pagePolicy },
    body: { location, parameters: Object.fromEntries(searchParams) },
  };
}
