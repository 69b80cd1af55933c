import { HttpError } from '../../errors.ts';

/** Why a request is refused. `wire/errors.ts` gives each name its number and text. */
export type ErrorName =
  | 'notJson'
  | 'noAccessToken'
  | 'wrongAccessToken'
  | 'missingField'
  | 'noSuchUser'
  | 'noSuchDevice'
  | 'wrongPassword'
  | 'noSuchMessage'
  | 'noSuchPush'
  | 'noSuchApp'
  | 'unacceptableMessage'
  | 'serverError'
  | 'noSuchObject'
  | 'notPermitted'
  | 'noSuchOperation'
  | 'userExists'
  | 'invalidCode'
  | 'deviceExists'
  | 'noSuchConversation'
  | 'wrongType'
  | 'notCustomer'
  | 'noSuchGroup'
  | 'notList'
  | 'notInGroup'
  | 'nothingToUpdate'
  | 'noConversationMember'
  | 'wrongConversationType'
  | 'ownsApp'
  | 'notOwner'
  | 'notAppUser'
  | 'maxAndMinUuid'
  | 'invalidValue';

/** A refusal. Operations answer it with HTTP 200 (P-19); only the event stream uses the status. */
export class PpmessageError extends HttpError {
  readonly errorName: ErrorName;
  /** Replaces the text that `wire/errors.ts` has for the name. */
  readonly explanation: string | undefined;
  /** Fields that the answer has besides the envelope. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(errorName: ErrorName, explanation?: string, fields: Record<string, string> = {}) {
    const isUnauthorized = errorName === 'noAccessToken' || errorName === 'wrongAccessToken';
    super(isUnauthorized ? 'unauthorized' : 'forbidden', explanation ?? errorName);
    this.errorName = errorName;
    this.explanation = explanation;
    this.fields = fields;
  }
}

/** Handler for `catch` that gives one error another name. */
export const renameError =
  (from: ErrorName, to: ErrorName) =>
  (error: unknown): never => {
    throw error instanceof PpmessageError && error.errorName === from ? new PpmessageError(to) : error;
  };
