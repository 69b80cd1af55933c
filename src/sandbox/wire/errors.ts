import type { ErrorDetail, HttpError } from '../../errors.ts';
import type { ErrorScene } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { lineInBody } from '../../http/yaml-body.ts';
import { noStore } from './no-store.ts';

/** Renders an error as the contract's `Error` (S-2). */
export function renderError(
  { kind, status, message, details, headers }: HttpError,
  { body: sent }: Pick<ErrorScene, 'body'>,
): AnyOutput {
  const shown = details.map((detail) => toDetail(detail, sent));
  const [first] = details;
  const text = first === undefined ? message : `${nameOf(first)} ${shown[0]?.message}`;
  return {
    status,
    type: 'application/json',
    headers: { ...headers, ...noStore },
    body: { error: kind, message: text, ...(shown.length > 0 && { details: shown }) },
  };
}

/** What the fields with a pattern must be, in words. */
const inWords: Readonly<Record<string, string>> = {
  '/query/wait': 'must be a duration up to 60s, such as 5s, 500ms or 5',
  '/body/delay': 'must be a duration up to 24h, such as 800ms, 1.5s or 2m',
  '/body/path': 'must begin with a slash, such as /api/v1/user',
  '/params/request_id': 'must be the id of a request, such as r12',
};

/** @param sent the body of the request */
function toDetail({ path, message, keyword, line }: ErrorDetail, sent: unknown) {
  const text = (keyword === 'pattern' && inWords[path]) || message;
  const lineThere = line ?? lineInBody(sent, path);
  return { path, message: text, ...(lineThere !== undefined && { line: lineThere }) };
}

const nameOf = ({ path }: ErrorDetail) => path.split('/').slice(2).join('.') || path.slice(1);
