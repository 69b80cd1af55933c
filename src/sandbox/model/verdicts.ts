import { type ErrorKind, HttpError } from '../../errors.ts';
import { ResponseContractError } from '../../http/validate-response.ts';
import { contractLine } from './contract-lines.ts';
import { ContractPlaces, type Place } from './contract-places.ts';
import { credentialPlace } from './credential-places.ts';
import type { LoggedExchange } from './exchange.ts';

/** What a contract says of a request or an answer. */
export interface Verdict {
  valid: boolean;
  violations: Violation[];
}

export interface Violation {
  /** JSON pointer that begins with the part: `/body/name`, `/query/page`, `/headers/accept`, `/status`. */
  path: string;
  /** A keyword of JSON Schema, or a member of the operation: `security`, `content`, `responses`, `paths`. */
  rule: string;
  message: string;
  /** `openapi/tower/paths/api_v1_user.yaml:12`; null where the sources of the contracts are not installed. */
  contract: string | null;
}

/** Requests that break the contract without breaking a schema: where, and by which rule. */
const refusals: Partial<Record<ErrorKind, readonly [path: string, rule: string]>> = {
  malformed_request: ['/body', 'content'],
  not_found: ['/path', 'paths'],
  method_not_allowed: ['/method', 'paths'],
  not_acceptable: ['/headers/accept', 'responses'],
  payload_too_large: ['/body', 'content'],
  unsupported_media_type: ['/headers/content-type', 'content'],
};

/** What the contract says of the request; undefined when the request was not checked to the end. */
export async function requestVerdict(exchange: LoggedExchange): Promise<Verdict | undefined> {
  const { requestError: error, operation, isChecked } = exchange;
  if (error === undefined) return isChecked ? { valid: true, violations: [] } : undefined;
  if (!(error instanceof HttpError)) return undefined;
  const refusal =
    refusedCredentials[error.kind] === undefined
      ? refusals[error.kind]
      : ([credentialPlace(exchange), 'security'] as const);
  const details =
    error.details.length > 0
      ? error.details
      : refusal === undefined
        ? []
        : [{ path: refusal[0], keyword: refusal[1], message: sentenceOf(error) }];
  if (details.length === 0) return undefined;
  return toVerdict(exchange, details, (places, { path, keyword }) => {
    if (operation === undefined) return ['paths'];
    const type = exchange.header('content-type')?.split(';', 1)[0]?.trim();
    return places.ofRequest(operation, keyword === 'content' ? '/body' : path, keyword, type);
  });
}

const refusedCredentials: Partial<Record<ErrorKind, string>> = {
  unauthorized: 'The credentials are not valid',
  forbidden: 'The credentials do not allow this',
};

/** The errors of some APIs have a name in place of a message. */
function sentenceOf({ kind, message }: HttpError): string {
  const sentence = refusedCredentials[kind];
  return sentence === undefined || message.includes(' ') ? message : `${sentence}: ${message}`;
}

/** What the contract says of the answer; undefined when there is none, or no operation that declares it. */
export async function responseVerdict(exchange: LoggedExchange): Promise<Verdict | undefined> {
  const { responseError: error, operation, status } = exchange;
  if (operation === undefined || status === undefined) return undefined;
  if (!(error instanceof ResponseContractError)) return { valid: true, violations: [] };
  return toVerdict(exchange, [error.detail], (places, { path, keyword }) =>
    places.ofResponse(operation, error.status, path, keyword),
  );
}

async function toVerdict(
  { api }: LoggedExchange,
  details: HttpError['details'],
  placeOf: (places: ContractPlaces, detail: HttpError['details'][number]) => Place,
): Promise<Verdict> {
  const places = new ContractPlaces(api.contract);
  const violations = details.map(async (detail): Promise<Violation> => {
    const { path, keyword: rule, message } = detail;
    return { path, rule, message, contract: (await contractLine(api.name, placeOf(places, detail))) ?? null };
  });
  return { valid: false, violations: await Promise.all(violations) };
}
