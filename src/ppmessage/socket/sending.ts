import type { Context } from '../../context.ts';
import { isUnstorable } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import type { ReceivedRequest } from '../../http/validate-request.ts';
import { requestValidator } from '../../http/validate-request.ts';
import { lazy } from '../../lazy.ts';
import { requireApp } from '../model/apps.ts';
import { type ErrorName, PpmessageError } from '../model/errors.ts';
import { type SentMessage, sendMessage } from '../model/send-message.ts';
import { contract } from '../wire/contract.ts';
import { normalize } from '../wire/spelling.ts';
import type { Client } from './authenticate.ts';
import { type Code, type Frame, type Outgoing, RefusedFrameError } from './frames.ts';

/** Messages that clients send over the socket: the same as PP_SEND_MESSAGE, by the same contract (P-100). */

const OPERATION = '/api/PP_SEND_MESSAGE';

const validate = lazy(() => requestValidator(contract, OPERATION));

/** Sends a message, and acknowledges it when it is stored or refused. */
export async function send(frame: Frame, client: Client, outgoing: Outgoing, context: Context): Promise<void> {
  const { send: sent } = frame.fields;
  const { uuid = null, conversation_uuid = null } = (sent ?? {}) as Record<string, unknown>;
  const extra = { uuid, conversation_uuid };
  try {
    const message = readMessage(sent, client);
    await requireApp(message.app_uuid, client.caller, context);
    if (message.from_uuid !== client.user.uuid)
      throw new RefusedFrameError('parameter', 'from_uuid is not the user of this connection');
    await sendMessage(message, client.caller, context);
    outgoing.acknowledge('SEND', 'noError', 'OK', extra);
  } catch (error) {
    const [code, reason] = toRefusal(error);
    // Without an answer the client would take the message for stored.
    if (code === undefined) context.log.error({ err: error }, 'a message of a socket could not be stored');
    outgoing.acknowledge('SEND', code ?? 'message', reason, extra);
  }
}

/** Fields that the connection knows need not be sent. */
function readMessage(sent: unknown, { caller, user, device }: Client): SentMessage & { app_uuid: string } {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
    throw new RefusedFrameError('parameter', 'send is not an object');
  const known = { app_uuid: caller.appUuid, from_uuid: user.uuid, from_type: 'DU', device_uuid: device.uuid };
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null && value !== ''));
  const body = { ...known, ...given };
  const request: ReceivedRequest = {
    method: 'post',
    originalUrl: OPERATION,
    params: {},
    query: {},
    headers: { 'content-type': 'application/json' },
    mediaType: 'application/json',
    body,
  };
  return normalize(OPERATION, validate()(request).body as SentMessage & { app_uuid: string });
}

const codeOf: Partial<Record<ErrorName, Code>> = {
  unacceptableMessage: 'message',
  noSuchConversation: 'conversation',
};

function toRefusal(error: unknown): [code: Code | undefined, reason: string] {
  if (error instanceof RefusedFrameError) return [error.code, error.message];
  if (error instanceof PpmessageError) return [codeOf[error.reason] ?? 'parameter', error.message];
  if (error instanceof HttpError && error.status < 500) return ['parameter', error.message];
  if (isUnstorable(error)) return ['parameter', 'A field has a NUL character'];
  return [undefined, 'The message could not be stored'];
}
