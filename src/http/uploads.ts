import type { Request, Response } from 'express';
import multer, { MulterError } from 'multer';
import { type ErrorDetail, HttpError } from '../errors.ts';
import { type Contract, type MediaType, type Reference, resolve } from './contract.ts';

const uploadsKey = Symbol('uploads');
type Uploading = Request & { [uploadsKey]?: Map<string, File[]> };

const MAX_FIELDS = 50;

interface FormSchema {
  properties?: Record<string, PropertySchema | Reference>;
}

interface PropertySchema {
  type?: unknown;
  format?: string;
  contentMediaType?: string;
  items?: PropertySchema | Reference;
}

/** The declared fields of a multipart form, and whether each is a file. */
export function formFields(contract: Contract, { schema }: MediaType): Map<string, boolean> {
  const { properties = {} } = resolve(contract, (schema ?? {}) as FormSchema);
  const isFile = (property: PropertySchema | Reference): boolean => {
    const { format, contentMediaType, items } = resolve(contract, property);
    return format === 'binary' || contentMediaType !== undefined || (items !== undefined && isFile(items));
  };
  return new Map(Object.entries(properties).map(([name, property]) => [name, isFile(property)]));
}

/**
 * Reads a multipart form into `request.body`. A file is an empty string there until `putUploads`, as the validator
 * expects it. Fields and files that the contract does not declare are ignored.
 *
 * @param fields the declared fields, and whether each is a file
 * @param sizes the largest file and the largest text field, in bytes
 */
export function multipartReader(fields: ReadonlyMap<string, boolean>, sizes: { fileSize: number; fieldSize: number }) {
  // The form is in memory before authentication, so its size is limited. One extra file is read for validation to report.
  const files = [...fields.values()].filter((isFile) => isFile).length + 1;
  const limits = { ...sizes, files, fields: MAX_FIELDS };
  const read = multer({ storage: multer.memoryStorage(), limits, defParamCharset: 'utf8' }).any();
  return async (request: Request, response: Response): Promise<void> => {
    await new Promise<void>((done, fail) => {
      read(request, response, (error?: unknown) => (error ? fail(fromMulterError(error)) : done()));
    });
    const uploads = new Map<string, File[]>();
    for (const { fieldname, originalname, mimetype, buffer } of (request.files ?? []) as Express.Multer.File[]) {
      if (!fields.has(fieldname)) continue;
      const file = new File([new Uint8Array(buffer)], originalname, { type: mimetype });
      uploads.set(fieldname, [...(uploads.get(fieldname) ?? []), file]);
    }
    const body: Record<string, unknown> = { ...request.body };
    const details: ErrorDetail[] = [
      ...[...uploads.keys()].filter((name) => !fields.get(name)).map((name) => problem(name, 'must not be a file')),
      ...Object.keys(body)
        .filter((name) => fields.get(name))
        .map((name) => problem(name, 'must be a file')),
    ];
    if (details.length > 0) {
      throw new HttpError('invalid_request', `${details[0]?.path.slice(6)} ${details[0]?.message}`, { details });
    }
    for (const [name, { length }] of uploads) body[name] = length === 1 ? '' : Array(length).fill('');
    request.body = body;
    (request as Uploading)[uploadsKey] = uploads;
  };
}

/** Puts the files into the validated body. */
export function putUploads(request: Request): void {
  for (const [name, files] of (request as Uploading)[uploadsKey] ?? []) {
    request.body[name] = Array.isArray(request.body[name]) ? files : files[0];
  }
}

const problem = (name: string, message: string): ErrorDetail => ({ path: `/body/${name}`, message, keyword: 'type' });

function fromMulterError(error: unknown): HttpError {
  if (error instanceof MulterError && /^LIMIT_(FILE|FIELD|PART)_/.test(error.code)) {
    return new HttpError('payload_too_large', 'The request body is too large', { cause: error });
  }
  return new HttpError('malformed_request', 'The body is not a multipart form', { cause: error });
}
