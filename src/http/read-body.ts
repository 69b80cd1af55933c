import { isUtf8 } from 'node:buffer';
import type { Request, RequestHandler, Response } from 'express';
import express from 'express';
import { HttpError } from '../errors.ts';
import type { Contract, MediaType, RequestBody } from './contract.ts';
import { withoutNulls } from './nulls.ts';
import { formFields, multipartReader } from './uploads.ts';

/** True for text in which `%` is not followed by two hex digits, or whose bytes are no UTF-8. */
export function hasBrokenEncoding(text: string): boolean {
  if (!text.includes('%')) return false;
  try {
    decodeURIComponent(text);
    return false;
  } catch {
    return true;
  }
}

/** Throws for an address that cannot be decoded. */
export function requireReadable(address: string): void {
  if (hasBrokenEncoding(address)) throw malformed('The address has broken percent-encoding');
}

/** Reads a body into `request.body`, and tells as which of the contract's media types; undefined when there is none. */
export type ReadBody = (request: Request, response: Response) => Promise<string | undefined>;

/** Sizes in bytes: of what is read as values, and of what is kept as it is. */
export interface BodyLimits {
  bodyLimit: number;
  uploadLimit: number;
}

/**
 * Makes the reader of an operation. It throws 415 for a media type or charset that the contract does not take, 413 for
 * too large a body and 400 for one that is not what its media type says.
 *
 * A body with `x-any-media-type` is read as the one type that the contract declares, whatever the request calls it:
 * clients of some originals send JSON as a form, or with no media type at all.
 *
 * @param body what the contract takes
 */
export function bodyReader(contract: Contract, body: RequestBody, limits: BodyLimits): ReadBody {
  const { required = false, content, 'x-any-media-type': takesAnyType = false } = body;
  const mediaTypes = Object.keys(content);
  const parsers = mediaTypes.map(
    (type) => [type, parserFor(contract, type, content[type] as MediaType, limits, takesAnyType)] as const,
  );
  const takesForm = mediaTypes.includes(form);
  return async (request, response) => {
    request.body = undefined;
    if (!hasBody(request)) {
      // A form without fields: validation then names the field that is missing.
      const { 'content-type': sent = form } = request.headers;
      if (takesForm && sent.split(';', 1)[0]?.trim().toLowerCase() === form) {
        request.body = {};
        return form;
      }
      if (!required) return undefined;
      throw new HttpError('invalid_request', 'A request body is required', {
        details: [{ path: '/body', message: 'is required', keyword: 'required' }],
      });
    }
    const parser = takesAnyType ? parsers[0] : parsers.find(([type]) => request.is(type));
    if (parser === undefined) {
      const sent = request.headers['content-type'] || 'no media type';
      throw new HttpError('unsupported_media_type', `The body has ${sent}; expected ${mediaTypes.join(' or ')}`);
    }
    const [type, parse] = parser;
    await parse(request, response);
    if (type.endsWith('json')) request.body = withoutNulls(contract, request.body, content[type]?.schema ?? {});
    return request.body === undefined ? undefined : type;
  };
}

const form = 'application/x-www-form-urlencoded';

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function parserFor(
  contract: Contract,
  type: string,
  mediaType: MediaType,
  { bodyLimit, uploadLimit }: BodyLimits,
  takesAnyType: boolean,
) {
  if (type === 'multipart/form-data') {
    return multipartReader(formFields(contract, mediaType), { fileSize: uploadLimit, fieldSize: bodyLimit });
  }
  const limit = isUpload(type) ? uploadLimit : bodyLimit;
  const parse = parserOf(type, { type: takesAnyType ? () => true : type, limit });
  return (request: Request, response: Response) => run(parse, request, response);
}

/** Neither JSON, form nor text: bytes that are kept as they are. */
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
    handler(request, response, (error?: unknown) => (error ? reject(toHttpError(error)) : resolve()));
  });

const malformed = (message: string) => new HttpError('malformed_request', message);

/** Translates the errors of body-parser, which carry a status and a type. */
function toHttpError(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error)) return error;
  const { status, type } = error as Error & { status?: number; type?: string };
  if (status === 413) return new HttpError('payload_too_large', 'The request body is too large', { cause: error });
  if (status === 415) return new HttpError('unsupported_media_type', error.message, { cause: error });
  if (type === 'entity.parse.failed') return malformed('The body is not valid JSON');
  if (status !== undefined && status < 500) return malformed('The body could not be read');
  return error;
}
