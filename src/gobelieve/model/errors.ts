import { type ErrorKind, HttpError } from '../../errors.ts';

/** Every error of this API by name, and its kind, which has the HTTP status. `wire/errors.ts` has the texts. */
const kinds = {
  blocked: 'forbidden',
  customersClosed: 'invalid_request',
  differentUsers: 'invalid_request',
  emptyFile: 'invalid_request',
  emptyGroup: 'invalid_request',
  invalidEventId: 'invalid_request',
  invalidToken: 'unauthorized',
  missingQueueOwner: 'invalid_request',
  muted: 'forbidden',
  noRoom: 'forbidden',
  noStore: 'invalid_request',
  noStoreId: 'invalid_request',
  noSupporter: 'invalid_request',
  notFriend: 'forbidden',
  notFriendOfReceiver: 'forbidden',
  notMaster: 'forbidden',
  notMember: 'forbidden',
  notSelf: 'forbidden',
  notSupportApp: 'invalid_request',
  uidOfCustomer: 'invalid_request',
  uidTooLarge: 'invalid_request',
  // 400 and not 404, as in the original (G-10). Only files are missing with 404.
  unknownAudio: 'invalid_request',
  unknownCustomer: 'invalid_request',
  unknownFile: 'not_found',
  unknownGroup: 'invalid_request',
  unknownImage: 'invalid_request',
  unknownMember: 'invalid_request',
  unreadableImage: 'invalid_request',
  unsupportedImage: 'invalid_request',
  wrongSecret: 'unauthorized',
} as const satisfies Record<string, ErrorKind>;

export type ErrorName = keyof typeof kinds;

/** An error that only this API has. */
export class GobelieveError extends HttpError {
  readonly reason: ErrorName;

  constructor(reason: ErrorName) {
    super(kinds[reason], reason);
    this.reason = reason;
  }
}
