import { isUniqueViolation } from '../../database/transact.ts';
import { type ErrorKind, HttpError } from '../../errors.ts';
import type { OAuthError } from '../../oauth/errors.ts';

/** The request is valid but cannot be carried out: code 0. */
export type FailureName =
  | 'groupHasMembers'
  | 'mismatch'
  | 'missing'
  | 'noGroup'
  | 'noRoom'
  | 'notText'
  | 'notVerified'
  | 'phoneOfAnother'
  | 'phoneTooNew'
  | 'taken'
  | 'tooLong'
  | 'tooMany'
  | 'tooManyToday'
  | 'tooOften'
  | 'tooSoon'
  | 'twoProofs'
  | 'unchanged'
  | 'undeliverable'
  | 'unknownUser'
  | 'wrongCode'
  | 'wrongPassword';

const credentialErrors = ['invalidClient', 'invalidCredentials', 'invalidToken'] as const;

/** Credentials of a client, a user or a token are wrong: code 1001. */
export type CredentialErrorName = (typeof credentialErrors)[number];

/**
 * `invalidParameter`: an OAuth parameter is missing or wrong, code 1000. `insufficientScope`: the token lacks the scope in
 * `field`, code 1003.
 */
export type UcenterErrorName = FailureName | CredentialErrorName | 'invalidParameter' | 'insufficientScope';

interface UcenterErrorDetails {
  field?: string;
  limit?: number;
  oauth?: OAuthError;
}

/** An error that only this API has. `wire/errors.ts` renders it; U-3 has the codes. */
export class UcenterError extends HttpError {
  readonly reason: UcenterErrorName;
  /** The field or parameter at fault. */
  readonly field: string | undefined;
  /** Of `tooOften`: how many codes one phone may get in an hour. */
  readonly limit: number | undefined;
  /** At the token and revocation endpoints: the same error in the words of RFC 6749. */
  readonly oauth: OAuthError | undefined;

  constructor(reason: UcenterErrorName, { field, limit, oauth }: UcenterErrorDetails = {}) {
    super(kindOf(reason), field === undefined ? reason : `${reason}: ${field}`);
    this.reason = reason;
    this.field = field;
    this.limit = limit;
    this.oauth = oauth;
  }
}

function kindOf(reason: UcenterErrorName): ErrorKind {
  if (reason === 'insufficientScope') return 'forbidden';
  return credentialErrors.some((name) => name === reason) ? 'unauthorized' : 'invalid_request';
}

/** Handles a failed insert or update: a unique violation becomes `taken`. */
export const throwTaken =
  (field: string) =>
  (error: unknown): never => {
    throw isUniqueViolation(error) ? new UcenterError('taken', { field }) : error;
  };
