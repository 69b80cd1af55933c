import type { Connection } from '../../live/connection.ts';

/** Frames of the socket protocol: one JSON object in each text message (P-95). */

/** What a client sends. `type` is in upper case. */
export interface Frame {
  type: string;
  fields: Readonly<Record<string, unknown>>;
}

/** The codes of an ACK. */
export const codes = {
  noError: 0,
  missingUuid: 1,
  missingServiceUser: 2,
  missingExtraData: 3,
  parameter: 4,
  type: 5,
  json: 6,
  message: 7,
  missingToken: 8,
  unknownToken: 9,
  wrongLevel: 10,
  conversation: 11,
} as const;

export type Code = keyof typeof codes;

/** What an ACK answers. */
export type What = 'AUTH' | 'SEND' | 'WS' | 'TYPING_WATCH';

/** A frame that the server refuses. */
export class RefusedFrameError extends Error {
  override name = 'RefusedFrameError';
  readonly code: Code;

  constructor(code: Code, reason: string) {
    super(reason);
    this.code = code;
  }
}

/**
 * Reads a frame. A binary message counts as its text.
 *
 * @throws RefusedFrameError json, type
 */
export function readFrame(data: Buffer | string): Frame {
  let fields: Record<string, unknown> | null;
  try {
    fields = JSON.parse(String(data)) as Record<string, unknown> | null;
  } catch {
    fields = null;
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new RefusedFrameError('json', 'A frame is a JSON object');
  if (typeof fields.type !== 'string' || fields.type === '') throw new RefusedFrameError('type', 'A frame has a type');
  return { type: fields.type.toUpperCase(), fields };
}

/** A field of text; undefined when it is absent, null or empty. */
export function textField({ fields }: Frame, name: string): string | undefined {
  const { [name]: value } = fields;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The frames to one client. */
export class Outgoing {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  send(type: 'ACK' | 'MSG' | 'ONLINE' | 'TYPING', fields: object): void {
    this.connection.write(JSON.stringify({ type, ...fields }));
  }

  acknowledge(what: What, code: Code = 'noError', reason = 'OK', extra: object | null = null): void {
    this.send('ACK', { what, code: codes[code], reason, extra });
  }
}
