import { isUtf8 } from 'node:buffer';
import type { Request, RequestHandler, Response } from 'express';
import express from 'express';
import { HttpError } from '../errors.ts';
import type { Contract, MediaType, RequestBody } from './contract.ts';
import { withoutNulls } from './nulls.ts';
import { formFields, multipartReader } from './uploads.ts';

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
export type ReadBody = (request: Request, response: Response) => Promise<string | undefined>;

export interface BodyLimits {
  /** Largest JSON, form or text, in bytes. */
  bodyLimit: number;
  /** Largest file, in bytes. */
  uploadLimit: number;
}

/**
 * The reader of an operation. It throws 415 for a media type or charset that the contract does not accept, 413 for a
 * body that is too large, and 400 for a body that does not match its media type.
 *
 * A body with `x-any-media-type` is read as the one type that the contract declares, in UTF-8: clients of some original
 * servers send JSON as a form, without a media type, or with a wrong charset.
 *
 * @param body as the contract declares it
 */
export function bodyReader(contract: Contract, body: RequestBody, limits: BodyLimits): ReadBody {
  const { required = false, content, 'x-any-media-type': acceptsAnyType = false } = body;
  const mediaTypes = Object.keys(content);
  const parsers = mediaTypes.map(
    (type) => [type, parserFor(contract, type, content[type] as MediaType, limits, acceptsAnyType)] as const,
  );
  const acceptsForm = mediaTypes.includes(form);
  return async (request, response) => {
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
    const parser = acceptsAnyType ? parsers[0] : parsers.find(([type]) => request.is(type));
    if (parser === undefined) throw unsupported(request, mediaTypes);
    const [type, parse] = parser;
    if (type !== multipart) readAsUtf8(request, type, acceptsAnyType);
    await parse(request, response);
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
 * Reads a body that is a form before the operation is known; the reader of the operation then keeps it. Files are
 * ignored.
 *
 * @returns whether the body is a form
 */
export function formReader(limits: BodyLimits): (request: Request, response: Response) => Promise<boolean> {
  const read = bodyReader({} as Contract, { content: { [form]: {}, [multipart]: {} } }, limits);
  return async (request, response) => {
    if (!request.is([form, multipart])) return false;
    const type = await read(request, response);
    if (type !== undefined) (request as WithForm)[formRead] = type;
    return type !== undefined;
  };
}

/**
 * Writes the labels of a body in UTF-8 as the parsers know them. Clients spell it `utf8` or `utf_8`, in quotes, and some
 * send it as the Content-Encoding.
 */
function readAsUtf8({ headers }: Request, type: string, anyCharset: boolean): void {
  const { 'content-type': sent = '', 'content-encoding': encoding = '' } = headers;
  if (anyCharset || /;\s*charset\s*=\s*"?utf[-_]?8"?\s*(;|$)/i.test(sent)) headers['content-type'] = type;
  if (/^\s*utf[-_]?8\s*$/i.test(encoding)) delete headers['content-encoding'];
}

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function parserFor(
  contract: Contract,
  type: string,
  mediaType: MediaType,
  { bodyLimit, uploadLimit }: BodyLimits,
  acceptsAnyType: boolean,
) {
  if (type === multipart) {
    return multipartReader(formFields(contract, mediaType), { fileSize: uploadLimit, fieldSize: bodyLimit });
  }
  const limit = isUpload(type) ? uploadLimit : bodyLimit;
  const parse = parserOf(type, { type: acceptsAnyType ? () => true : type, limit });
  return (request: Request, response: Response) => run(parse, request, response);
}

/** Whether the body is bytes: neither JSON, form nor text. */
const isUpload = (type: string) => !type.endsWith('json') && type !== form && !type.startsWith('text/');

function parserOf(type: string, options: { type: string | (() => boolean); limit: number }): RequestHandler {
  if (isUpload(type)) return express.raw(options);
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
  return express.text(options);
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
