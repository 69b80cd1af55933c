import { isForeignKeyViolation } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';

/** Every error of this API by name. `wire/errors.ts` has the number and the text of each. */
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
  | 'noSuchFile'
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
  | 'groupInConversation'
  | 'ownsApp'
  | 'notOwner'
  | 'notAppUser'
  | 'maxAndMinUuid'
  | 'notAdministrator'
  | 'invalidValue'
  | 'tooManyRequests';

/** The HTTP errors that are not `forbidden`. */
const kinds: Partial<Record<ErrorName, HttpError['kind']>> = {
  noAccessToken: 'unauthorized',
  wrongAccessToken: 'unauthorized',
  noSuchFile: 'not_found',
  invalidValue: 'invalid_request',
};

/**
 * An error that only this API has. Operations below /api answer with HTTP 200 (P-19); the status
 * is for the others.
 */
export class PpmessageError extends HttpError {
  readonly reason: ErrorName;
  /** Replaces the text that `wire/errors.ts` has for the name. */
  readonly explanation: string | undefined;
  /** Fields that the answer has besides the envelope. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(reason: ErrorName, explanation?: string, fields: Record<string, string> = {}) {
    super(kinds[reason] ?? 'forbidden', explanation ?? reason);
    this.reason = reason;
    this.explanation = explanation;
    this.fields = fields;
  }
}

/** Handler for `catch` that gives one error another name. */
export const renameError =
  (from: ErrorName | readonly ErrorName[], to: ErrorName) =>
  (error: unknown): never => {
    throw error instanceof PpmessageError && [from].flat().includes(error.reason) ? new PpmessageError(to) : error;
  };

/** Handler for `catch` of a change in a conversation, with which its app or something else in it was deleted meanwhile. */
export function throwNoConversation(error: unknown): never {
  if (isForeignKeyViolation(error)) throw new PpmessageError('noSuchConversation');
  return renameError('noSuchApp', 'noSuchConversation')(error);
}
