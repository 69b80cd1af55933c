import contract from '../../../generated/gobelieve.json' with { type: 'json' };
import type { HttpError } from '../../errors.ts';
import type { ErrorScene, FaultBodies } from '../../http/api.ts';
import { MissingCredentialsError } from '../../http/authenticate.ts';
import { type Contract, type OperationObject, type RequestBody, resolve } from '../../http/contract.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { lazy } from '../../lazy.ts';
import { type ErrorName, GobelieveError } from '../model/errors.ts';

const texts: Record<ErrorName, string> = {
  blocked: 'The receiver has blocked the sender',
  customersClosed: 'Only the server of the app gets the tokens of customers here',
  differentUsers: 'customer_id and uid are two different users',
  emptyFile: 'The file is empty',
  emptyGroup: 'The group has no members',
  invalidEventId: 'Last-Event-ID is not the id of an event',
  invalidToken: 'The token is invalid',
  missingQueueOwner: 'Give either customer_id or uid',
  muted: 'The member may not speak in the group',
  noRoom: 'The app has no room for more files',
  noStore: 'There is no such app, or it has no store',
  noStoreId: 'Give store_id: the app has no store',
  noSupporter: 'There is no such store, or it has no supporters',
  notFriend: 'The receiver is no friend of the sender',
  notFriendOfReceiver: 'The sender is no friend of the receiver',
  notMaster: 'Only the master of the group may do this',
  notMember: 'Only members of the group may do this',
  notSelf: 'You may do this for yourself only',
  notSupportApp: 'receiver_appid is not the support app of this app, and this app is not its',
  uidOfCustomer: 'The uid is the client_id of a customer',
  uidTooLarge: `A uid is greater than ${Number.MAX_SAFE_INTEGER}`,
  unknownAudio: 'There is no such audio',
  unknownCustomer: 'There is no such customer',
  unknownFile: 'There is no such file',
  unknownGroup: 'There is no such group',
  unknownImage: 'There is no such image',
  unknownMember: 'There is no such member',
  unreadableImage: 'The image cannot be read',
  unsupportedImage: 'Only JPEG and PNG are accepted',
  wrongSecret: 'The app id or the secret is wrong',
};

/** Renders every error in the envelope, with the HTTP status as its code (G-1, G-2). */
export function renderError(error: HttpError, { operationId }: ErrorScene): AnyOutput {
  const operation = operations().get(operationId ?? '');
  const headers: Record<string, string> = {};
  if (error.status === 401) headers['WWW-Authenticate'] = challenges(error, operation);
  const body = { meta: { code: error.status, message: textOf(error, operation) } };
  return { status: error.status, type: 'application/json', headers, body };
}

const document = contract as unknown as Contract;

const operations = lazy(() => {
  const all = Object.values(document.paths).flatMap((item) => Object.values(item) as OperationObject[]);
  return new Map(all.map((operation) => [operation.operationId, operation]));
});

function textOf(error: HttpError, operation: OperationObject | undefined): string {
  if (error instanceof GobelieveError) return texts[error.reason];
  if (error instanceof MissingCredentialsError) return credentialsText(operation);
  return choiceText(error, operation) ?? error.message;
}

/** Bearer first: with a Basic challenge in front, browsers ask for a password. */
function schemesOf(operation: OperationObject | undefined): string[] {
  const schemes = (operation?.security ?? []).flatMap((requirement) => Object.keys(requirement));
  return ['client', 'server'].filter((scheme) => schemes.includes(scheme));
}

/** One challenge for each scheme that the operation accepts. */
function challenges(error: HttpError, operation: OperationObject | undefined): string {
  const isInvalidToken = error instanceof GobelieveError && error.reason === 'invalidToken';
  const challengeOf: Record<string, string> = {
    client: `Bearer realm="GoBelieve"${isInvalidToken ? ', error="invalid_token"' : ''}`,
    server: 'Basic realm="GoBelieve", charset="UTF-8"',
  };
  return schemesOf(operation)
    .map((scheme) => challengeOf[scheme])
    .join(', ');
}

const headerForms: Record<string, string> = {
  client: 'Bearer <token>',
  server: 'Basic base64(appid:md5hex(appsecret))',
};

/** The text for a missing Authorization header, and for one with another scheme or none. */
function credentialsText(operation: OperationObject | undefined): string {
  const forms = schemesOf(operation).map((scheme) => headerForms[scheme]);
  return `Send Authorization: ${forms.join(' or ')}`;
}

interface Choice {
  oneOf?: Choice[];
  anyOf?: Choice[];
  allOf?: Choice[];
  required?: string[];
}

/** The text for "one of these fields is required" in a schema. The validator's own text names no field. */
function choiceText({ details }: HttpError, operation: OperationObject | undefined): string | undefined {
  const keyword = (['oneOf', 'anyOf'] as const).find((name) =>
    details.some((detail) => detail.keyword === name && detail.path === '/body'),
  );
  if (keyword === undefined || operation?.requestBody === undefined) return undefined;
  // One of the fields is given, with a wrong type.
  if (details.some((detail) => detail.keyword === 'type')) return undefined;
  const { content } = resolve(document, operation.requestBody) as RequestBody;
  const schema = resolve(document, content['application/json']?.schema ?? {}) as Choice;
  const choices = [schema, ...(schema.allOf ?? [])].flatMap((part) => part[keyword] ?? []);
  const names = choices.flatMap(({ required }) => required ?? []);
  if (names.length < choices.length || names.length === 0) return undefined;
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `Give ${keyword === 'oneOf' ? 'exactly' : 'at least'} one of ${list}`;
}

export const faults: FaultBodies = { codeOf: ({ meta }) => (meta as { code?: number } | undefined)?.code };
