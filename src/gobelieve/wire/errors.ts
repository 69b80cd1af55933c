import contract from '../../../generated/gobelieve.json' with { type: 'json' };
import type { HttpError } from '../../errors.ts';
import type { ErrorScene } from '../../http/api.ts';
import { NoCredentials } from '../../http/authenticate.ts';
import { type Contract, type OperationObject, type RequestBody, resolve } from '../../http/contract.ts';
import type { AnyOutput } from '../../http/operation.ts';
import { lazy } from '../../lazy.ts';

/** Every failure has the envelope; its code is the HTTP status. Seed, 「接口规范」; facts, section 1. */
export function renderError(error: HttpError, { operationId }: ErrorScene): AnyOutput {
  const operation = operations().get(operationId ?? '');
  const headers: Record<string, string> = {};
  if (error.status === 401) headers['WWW-Authenticate'] = challenge(error, operation);
  const message =
    error instanceof MissingCredentialsError
      ? wantedMessage(operation)
      : (choiceMessage(error, operation) ?? error.message);
  return { status: error.status, type: 'application/json', headers, body: { meta: { code: error.status, message } } };
}

const document = contract as unknown as Contract;

const operations = lazy(() => {
  const all = Object.values(document.paths).flatMap((item) => Object.values(item) as OperationObject[]);
  return new Map(all.map((operation) => [operation.operationId, operation]));
});

const challenges: Record<string, string> = {
  client: 'Bearer realm="GoBelieve"',
  server: 'Basic realm="GoBelieve", charset="UTF-8"',
};

const forms: Record<string, string> = {
  client: 'Bearer <token>',
  server: 'Basic base64(appid:md5hex(appsecret))',
};

/** Bearer first: a Basic challenge at the front would make browsers ask for a password. */
function schemesOf(operation: OperationObject | undefined): string[] {
  const schemes = (operation?.security ?? []).flatMap((requirement) => Object.keys(requirement));
  return ['client', 'server'].filter((scheme) => schemes.includes(scheme));
}

/** Names every scheme that the operation takes, each with what is known of the failure. */
function challenge(error: HttpError, operation: OperationObject | undefined): string {
  const told = error.headers['WWW-Authenticate'];
  return schemesOf(operation)
    .map((scheme) => (scheme === 'client' ? (told ?? challenges.client) : challenges[scheme]))
    .join(', ');
}

/** A header of the wrong scheme, or without a scheme, is no better than none. */
function wantedMessage(operation: OperationObject | undefined): string {
  const wanted = schemesOf(operation).map((scheme) => forms[scheme]);
  return `Send Authorization: ${wanted.join(' or ')}`;
}

interface Choice {
  oneOf?: Choice[];
  anyOf?: Choice[];
  allOf?: Choice[];
  required?: string[];
}

/** What the schema says as "one of these must be there" in words; the validator's own name no field. */
function choiceMessage({ details }: HttpError, operation: OperationObject | undefined): string | undefined {
  const keyword = (['oneOf', 'anyOf'] as const).find((name) =>
    details.some((detail) => detail.keyword === name && detail.path === '/body'),
  );
  if (keyword === undefined || operation?.requestBody === undefined) return undefined;
  // One of them is there, and wrong.
  if (details.some((detail) => detail.keyword === 'type')) return undefined;
  const { content } = resolve(document, operation.requestBody) as RequestBody;
  const schema = resolve(document, content['application/json']?.schema ?? {}) as Choice;
  const choices = [schema, ...(schema.allOf ?? [])].flatMap((part) => part[keyword] ?? []);
  const names = choices.flatMap(({ required }) => required ?? []);
  if (names.length < choices.length || names.length === 0) return undefined;
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `Give ${keyword === 'oneOf' ? 'exactly' : 'at least'} one of ${list}`;
}
