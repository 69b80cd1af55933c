import { isUtf8 } from 'node:buffer';
import type { Request, RequestHandler, Response } from 'express';
import express from 'express';
import { HttpError } from '../errors.ts';
import type { Intake } from '../files/intake.ts';
import { lazy } from '../lazy.ts';
import { Caller } from './authenticate.ts';
import { type BodySchema, longestBody } from './body-bounds.ts';
import type { Contract, MediaType, RequestBody } from './contract.ts';
import { hold } from './held.ts';
import { withoutNulls } from './nulls.ts';
import { declaredLength, fileReader, multipartReader } from './uploads.ts';
import { keepDocument, parseYaml } from './yaml-body.ts';

/** Whether `%` is not followed by two hex digits, or the decoded bytes are not UTF-8. */
export function hasBrokenEncoding(text: string): boolean {
  if (!text.includes('%')) return false;
  try {
    decodeURIComponent(text);
    return false;
  } catch {
    return true;
  }
}

export const unreadableUrl = () => malformed('The URL has broken percent-encoding');

/** Reads the body into `request.body`. Returns the contract's media type that it was read as; undefined without a body. */
export type ReadBody = (request: Request, response: Response, caller: Caller) => Promise<string | undefined>;

export interface BodyLimits {
  /** Largest JSON, YAML, form or text, in bytes. */
  bodyLimit: number;
  /** Largest file, in bytes. */
  uploadLimit: number;
  /** How long a body may stop arriving. */
  bodyIdleMs: number;
}

/** As much of the context as reading needs. */
export interface BodyContext {
  config: BodyLimits;
  intake: Intake;
}

/**
 * The reader of an operation. It throws 415 for a media type or charset that the contract does not accept, 413 for a
 * body that is longer than the contract or the configuration allows, 400 for a body that does not match its media type,
 * 408 for a body that stops arriving, and 503 when there is no room for it.
 *
 * A body with `x-any-media-type` is read as the last type that the contract declares unless it has one of the others, in
 * UTF-8: clients of some original servers send JSON as a form, without a media type, or with a wrong charset.
 *
 * @param body as the contract declares it
 */
export function bodyReader(contract: Contract, body: RequestBody, { config, intake }: BodyContext): ReadBody {
  const { required = false, content, 'x-any-media-type': acceptsAnyType = false } = body;
  const mediaTypes = Object.keys(content);
  const parsers = lazy(() =>
    mediaTypes.map(
      (type) =>
        [type, parserFor(contract, type, content[type] as MediaType, { config, intake }, acceptsAnyType)] as const,
    ),
  );
  const acceptsForm = mediaTypes.includes(form);
  return async (request, response, caller) => {
    const { [formRead]: formType } = request as WithForm;
    if (formType !== undefined) {
      if (mediaTypes.includes(formType)) return formType;
      throw unsupported(request, mediaTypes);
    }
    request.body = undefined;
    if (!hasBody(request)) {
      // A form without fields, so that validation names the missing field.
      const { 'content-type': sent = form } = request.headers;
      if (acceptsForm && sent.split(';', 1)[0]?.trim().toLowerCase() === form) {
        request.body = {};
        return form;
      }
      if (!required) return undefined;
      throw new HttpError('invalid_request', 'A request body is required', {
        details: [{ path: '/body', message: 'is required', keyword: 'required' }],
      });
    }
    const parser = parsers().find(([type]) => request.is(type)) ?? (acceptsAnyType ? parsers().at(-1) : undefined);
    if (parser === undefined) throw unsupported(request, mediaTypes);
    const [type, parse] = parser;
    if (type !== multipart) readAsUtf8(request, type, acceptsAnyType);
    await whileArriving(request, config.bodyIdleMs, parse(request, response, caller));
    if (type.endsWith('json')) request.body = withoutNulls(contract, request.body, content[type]?.schema ?? {});
    return request.body === undefined ? undefined : type;
  };
}

const form = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data';

function unsupported({ headers }: Request, mediaTypes: readonly string[]): HttpError {
  const sent = headers['content-type'] || 'no media type';
  return new HttpError('unsupported_media_type', `The body has ${sent}; expected ${mediaTypes.join(' or ')}`);
}

const formRead = Symbol('form');
type WithForm = Request & { [formRead]?: string };

/**
 * Reads a body that is a form before it is known which of these operations it is for; the reader of the operation then
 * keeps it. The form may be as long as the longest of them, and files are ignored.
 *
 * @returns whether the body is a form
 */
export function formReader(
  contract: Contract,
  bodies: readonly RequestBody[],
  context: BodyContext,
): (request: Request, response: Response) => Promise<boolean> {
  const ofType = (type: string) => ({
    schema: { anyOf: bodies.flatMap(({ content }) => content[type]?.schema ?? []) },
  });
  const read = bodyReader(contract, { content: { [form]: ofType(form), [multipart]: ofType(multipart) } }, context);
  return async (request, response) => {
    if (!request.is([form, multipart])) return false;
    const type = await read(request, response, anonymous);
    if (type !== undefined) (request as WithForm)[formRead] = type;
    return type !== undefined;
  };
}

/** The caller of a request whose operation is not known yet. */
const anonymous = new Caller(() => undefined);

/**
 * Writes the labels of a body in UTF-8 as the parsers know them. Clients spell it `utf8` or `utf_8`, in quotes, and some
 * send it as the Content-Encoding.
 */
function readAsUtf8({ headers }: Request, type: string, anyCharset: boolean): void {
  const { 'content-type': sent = '', 'content-encoding': encoding = '' } = headers;
  if (anyCharset || /;\s*charset\s*=\s*"?utf[-_]?8"?\s*(;|$)/i.test(sent)) headers['content-type'] = type;
  if (/^\s*utf[-_]?8\s*$/i.test(encoding)) delete headers['content-encoding'];
}

export const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/** Rejects with 408 when nothing of the body has arrived for this time; a slow body may take as long as it needs. */
async function whileArriving(request: Request, idleMs: number, reading: Promise<void>): Promise<void> {
  let stop = () => {};
  const stalled = new Promise<never>((_resolve, reject) => {
    stop = () =>
      reject(
        new HttpError('request_timeout', 'The request body stopped arriving', { headers: { Connection: 'close' } }),
      );
  });
  request.setTimeout(idleMs, stop);
  try {
    await Promise.race([reading, stalled]);
  } finally {
    request.off('timeout', stop).setTimeout(0);
  }
}

type Parse = (request: Request, response: Response, caller: Caller) => Promise<void>;

function parserFor(
  contract: Contract,
  type: string,
  media: MediaType,
  { config: { bodyLimit, uploadLimit }, intake }: BodyContext,
  acceptsAnyType: boolean,
): Parse {
  if (isUpload(type))
    return fileReader(Math.min(uploadLimit, (media.schema as BodySchema)?.maxLength ?? uploadLimit), intake);
  const limit = Math.min(bodyLimit, longestBody(contract, media.schema ?? {}));
  const takeMemory = (request: Request, { isKnown }: Caller) =>
    hold(request, intake.memory.take(memoryFor(request, limit), isKnown));
  if (type === multipart) {
    const limits = { text: limit, file: uploadLimit, earlyFiles: bodyLimit };
    const read = multipartReader(contract, media, limits, intake);
    return (request, response, caller) => {
      takeMemory(request, caller);
      return read(request, response, caller);
    };
  }
  const parse = parserOf(type, { type: acceptsAnyType ? () => true : type, limit });
  const read: Parse = (request, response, caller) => {
    if ((declaredLength(request) ?? 0) <= limit) takeMemory(request, caller);
    return run(parse, request, response);
  };
  if (!isYaml(type)) return read;
  return async (request, response, caller) => {
    await read(request, response, caller);
    await readYaml(request, contract, media);
  };
}

/** Reads a text as YAML. Like in JSON, null stands for nothing where the contract has none. */
async function readYaml(request: Request, contract: Contract, { schema = {} }: MediaType): Promise<void> {
  const document = await parseYaml(request.body);
  request.body = withoutNulls(contract, document.value, schema);
  keepDocument(request.body, document);
}

/** The most bytes that a body can become in memory: all that is allowed, where its length is not known. */
function memoryFor(request: Request, limit: number): number {
  const isCompressed = request.headers['content-encoding'] !== undefined;
  return isCompressed ? limit : Math.min(declaredLength(request) ?? limit, limit);
}

const isYaml = (type: string) => type.endsWith('yaml');

/** Whether the body is one file: neither JSON, YAML, form nor text. */
const isUpload = (type: string) =>
  !type.endsWith('json') && !isYaml(type) && type !== form && type !== multipart && !type.startsWith('text/');

function parserOf(type: string, options: { type: string | (() => boolean); limit: number }): RequestHandler {
  if (type.endsWith('json')) {
    return express.json({
      ...options,
      strict: false,
      verify: (_request, _response, bytes) => {
        if (!isUtf8(bytes)) throw malformed('The body is not UTF-8');
      },
    });
  }
  if (type === form) {
    return express.urlencoded({
      ...options,
      extended: false,
      verify: (_request, _response, bytes) => {
        if (!isUtf8(bytes) || hasBrokenEncoding(bytes.toString()))
          throw malformed('The form has broken percent-encoding');
      },
    });
  }
  return express.text({
    ...options,
    verify: (_request, _response, bytes) => {
      if (isYaml(type) && !isUtf8(bytes)) throw malformed('The body is not UTF-8');
    },
  });
}

const run = (handler: RequestHandler, request: Request, response: Response) =>
  new Promise<void>((resolve, reject) => {
    handler(request, response, (error?: unknown) => (error ? reject(fromBodyParserError(error)) : resolve()));
  });

const malformed = (message: string) => new HttpError('malformed_request', message);

/** Translates an error of body-parser, which has a status and a type; other errors stay as they are. */
function fromBodyParserError(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error)) return error;
  const { status, type } = error as Error & { status?: number; type?: string };
  if (status === 413) return new HttpError('payload_too_large', 'The request body is too large', { cause: error });
  if (status === 415) return new HttpError('unsupported_media_type', error.message, { cause: error });
  if (type === 'entity.parse.failed') return malformed('The body is not valid JSON');
  if (status !== undefined && status < 500) return malformed('The body could not be read');
  return error;
}
