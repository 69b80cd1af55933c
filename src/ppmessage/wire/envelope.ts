import type { Context } from '../../context.ts';
import { isForeignKeyViolation } from '../../database/transact.ts';
import type { RequestInfo } from '../../http/request.ts';
import { requireApp } from '../model/apps.ts';
import type { Caller } from '../model/callers.ts';
import { PpmessageError } from '../model/errors.ts';
import { keepIcon } from '../model/files.ts';
import { contract, rulesOf } from './contract.ts';
import { toErrorCode } from './numbers.ts';
import type { ApiOperationId, ApiOperations, Operations } from './operation.ts';
import { normalize } from './spelling.ts';

/** The name of an operation as the envelope has it (P-18): `/PP_GET_APP_INFO`. */
export const uriOf = (path: string) => path.replace(/^\/api\//, '/');

/** The operations by id. */
const enveloped = new Map<string, EnvelopedOperation>();

export type EnvelopedOperation = (input: ApiInput, context: Context) => Promise<{ status: number; body: object }>;

/** The operation at a path below `/api`, with its envelope. */
export const operationAt = (path: string): EnvelopedOperation | undefined =>
  enveloped.get(contract.paths[path]?.post?.operationId ?? '');

interface ApiInput {
  body: { app_uuid?: string };
  actor: Caller | undefined;
  request: RequestInfo;
}

/**
 * Adds to the operations below `/api` what they have in common: fields are normalized, an `app_uuid` in the request has
 * to be the token's own, files of icons are kept, and the result gets the envelope.
 */
export function withEnvelope(operations: ApiOperations): Pick<Operations, ApiOperationId> {
  type AnyApiOperation = (input: ApiInput, context: Context) => Promise<object | undefined>;
  const wrap = (run: AnyApiOperation) => async (input: ApiInput, context: Context) => {
    const { actor, request } = input;
    const body = normalize(request.path, input.body);
    // An operation without this field in the contract ignores it, like every unknown field.
    // An operation without a token chooses the app itself.
    if (actor !== undefined && body.app_uuid !== undefined && rulesOf(request.path).namesApp)
      await requireApp(body.app_uuid, actor, context);
    const fields = await retryWhenGone(() => run({ ...input, body }, context));
    if (actor !== undefined) await keepIcons(body, actor, context);
    return {
      status: 200,
      body: { ...fields, error_code: toErrorCode(0, request), error_string: 'success', uri: uriOf(request.path) },
    };
  };
  const all = Object.entries(operations) as unknown as [string, AnyApiOperation][];
  for (const [id, run] of all) enveloped.set(id, wrap(run));
  return Object.fromEntries(enveloped) as unknown as Pick<Operations, ApiOperationId>;
}

async function keepIcons(body: object, { appUuid }: Caller, { database }: Context): Promise<void> {
  for (const name of ['user_icon', 'ent_user_icon', 'group_icon', 'app_icon']) {
    const icon = (body as Record<string, unknown>)[name];
    if (typeof icon === 'string') await keepIcon(database, icon, appUuid);
  }
}

/**
 * Runs an operation again when a row that it refers to was deleted after it was read. The second run finds that row
 * missing and throws the error for it. If it fails in the same way, the app was deleted: operations do not read its row.
 */
const retryWhenGone = <Result>(run: () => Promise<Result>): Promise<Result> =>
  run().catch((error: unknown) => {
    if (!isForeignKeyViolation(error)) throw error;
    return run().catch((again: unknown) => {
      throw isForeignKeyViolation(again) ? new PpmessageError('noSuchApp') : again;
    });
  });
