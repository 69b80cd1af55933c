import type { ErrorDetail, HttpError } from '../../errors.ts';
import type { ErrorScene } from '../../http/api.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { lineInBody } from '../../http/yaml-body.ts';
import { fieldsBeside } from './known-fields.ts';
import { noStore } from './no-store.ts';

/** Renders an error as the contract's `Error` (S-2). */
export function renderError(
  { kind, status, message, details, headers }: HttpError,
  { body: sent, operationId }: Pick<ErrorScene, 'body' | 'operationId'>,
): AnyOutput {
  const shown = details.map((detail) => toDetail(detail, sent, operationId));
  const [first] = details;
  const text = first === undefined ? message : `${nameOf(first)} ${shown[0]?.message}`;
  return {
    status,
    type: 'application/json',
    headers: { ...headers, ...noStore },
    body: { error: kind, message: text, ...(shown.length > 0 && { details: shown }) },
  };
}

/** What fields with a pattern or a format must be, in words; the more exact names come first. */
const inWords: Readonly<Record<string, string>> = {
  '/query/wait': 'must be a duration up to 60s, such as 5s, 500ms or 5',
  '/body/delay': 'must be a duration up to 24h, such as 800ms, 1.5s or 2m',
  '/body/ttl': 'must be a duration from 1s to 24h, such as 90s or 15m',
  '/body/expires_in': 'must be a duration from 0s to 36500d, such as 90s or 15m',
  '/body/path': 'must begin with a slash, such as /api/v1/user',
  '/params/request_id': 'must be the id of a request, such as r12',
  '/headers/last-event-id': 'must be the id of a request, such as r12',
  '/params/name': 'must be 1 to 64 letters, digits, dots, underscores or hyphens',
  advance: 'must be a duration, such as 90s, 2h or 1.5d',
  now: 'must be a time in UTC, such as 2026-01-05T08:00:00Z',
  ref: 'must have no blanks',
  mobile: 'must be a mobile number of mainland China, such as 13800000000',
};

/** @param sent the body of the request */
function toDetail({ path, message, keyword, line }: ErrorDetail, sent: unknown, operationId: string | undefined) {
  const text = toText(message, keyword, path, operationId);
  const lineThere = line ?? lineInBody(sent, path);
  return { path, message: text, ...(lineThere !== undefined && { line: lineThere }) };
}

function toText(message: string, keyword: string, path: string, operationId: string | undefined): string {
  if (keyword === 'additionalProperties') {
    const known = fieldsBeside(operationId, path);
    if (known.length === 0) return message;
    return `is no field here; there ${known.length === 1 ? 'is only' : 'are'} ${known.join(', ')}`;
  }
  if (keyword !== 'pattern' && keyword !== 'format') return message;
  return inWords[path] ?? inWords[path.slice(path.lastIndexOf('/') + 1)] ?? message;
}

const nameOf = ({ path }: ErrorDetail) => path.split('/').slice(2).join('.') || path.slice(1);
