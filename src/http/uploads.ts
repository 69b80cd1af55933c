import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request } from 'express';
import { type ErrorDetail, HttpError } from '../errors.ts';
import { type Intake, TemporaryFile, type Upload } from '../files/intake.ts';
import type { Caller } from './authenticate.ts';
import { type BodySchema, isFile } from './body-bounds.ts';
import { type Contract, type MediaType, type Reference, resolve } from './contract.ts';
import { hold } from './held.ts';
import { type Part, readParts } from './multipart.ts';

const uploadsKey = Symbol('uploads');
type Uploading = Request & { [uploadsKey]?: Map<string, Upload[]> };

/** In bytes. */
export interface FormLimits {
  /** All fields of text together. */
  text: number;
  /** One file. */
  file: number;
  /** All files that come before the credentials. */
  earlyFiles: number;
}

/** A form as its schema declares it. */
interface Form {
  /** The largest size of each file, in bytes, by the name of its field. */
  files: ReadonlyMap<string, number>;
  /** The names of the other fields. */
  texts: ReadonlySet<string>;
  /** The most parts. */
  parts: number;
}

/** The contract may declare fewer fields than a caller sends. The others are ignored, up to this number. */
const MAX_OTHER_PARTS = 50;

/** Room for boundaries and headers of parts. */
const MAX_OVERHEAD_BYTES = 65_536;

function formOf(contract: Contract, { schema = {} }: MediaType, largestFile: number): Form {
  const { properties = {} } = resolve(contract, schema as BodySchema | Reference);
  const files = new Map<string, number>();
  const texts = new Set<string>();
  let parts = MAX_OTHER_PARTS;
  for (const [name, reference] of Object.entries(properties)) {
    const { maxLength = largestFile, maxItems = MAX_OTHER_PARTS, type } = resolve(contract, reference);
    if (isFile(contract, reference)) files.set(name, Math.min(maxLength, largestFile));
    else texts.add(name);
    parts += type === 'array' ? maxItems : 1;
  }
  return { files, texts, parts };
}

/**
 * Reads a multipart form into `request.body`. Files go to temporary files; in the body a file is an empty string until
 * `putUploads`, as the validator expects it. Fields and files that the contract does not declare are ignored.
 *
 * The fields before the first file may hold the credentials of a caller who is not known yet.
 */
export function multipartReader(contract: Contract, media: MediaType, limits: FormLimits, intake: Intake) {
  const form = formOf(contract, media, limits.file);
  const longest = limits.text + MAX_OVERHEAD_BYTES + limits.file * form.files.size;
  return async (request: Request, _response: unknown, caller: Caller): Promise<void> => {
    if ((declaredLength(request) ?? 0) > longest) throw tooLarge();
    const texts = new Map<string, string[]>();
    const uploads = new Map<string, Upload[]>();
    const problems: ErrorDetail[] = [];
    // One file too many is read, so that validation can report it.
    const left = { parts: form.parts, files: form.files.size + 1, text: limits.text, earlyFiles: limits.earlyFiles };

    const receive = async (part: Part): Promise<void> => {
      if (!caller.isKnown) {
        request.body = toBody(texts);
        await caller.identify();
      }
      if (uploads.size === 0) takeDisk(request, intake, limits.file * form.files.size, caller.isKnown);
      const limit = form.files.get(part.name) ?? 0;
      if (caller.isAccepted) return append(uploads, part.name, await toUpload(request, part, limit));
      const upload = await toUpload(request, part, Math.min(limit, left.earlyFiles), () => caller.requireActor());
      left.earlyFiles -= upload.size;
      append(uploads, part.name, upload);
    };

    const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const part of readParts(chunks, request.headers['content-type'] ?? '')) {
      left.parts -= 1;
      if (part.filename) left.files -= 1;
      if (left.parts < 0 || left.files < 0) throw tooLarge();
      if (part.filename === undefined) {
        if (form.files.has(part.name)) problems.push(problem(part.name, 'must be a file'));
        const text = await readText(part, left.text);
        left.text -= text.length;
        append(texts, part.name, decodeText(text, part.charset));
      } else if (part.filename !== '' && form.files.has(part.name)) {
        await receive(part);
      } else {
        if (form.texts.has(part.name)) problems.push(problem(part.name, 'must not be a file'));
        await eachChunk(part, limits.file, () => {});
      }
    }
    const [first] = problems;
    if (first !== undefined)
      throw new HttpError('invalid_request', `${first.path.slice(6)} ${first.message}`, { details: problems });
    request.body = toBody(texts);
    for (const [name, { length }] of uploads) request.body[name] = length === 1 ? '' : Array(length).fill('');
    (request as Uploading)[uploadsKey] = uploads;
  };
}

/** Reads a body that is one file; `request.body` is then an `Upload`. */
export function fileReader(limit: number, intake: Intake) {
  return async (request: Request, _response: unknown, caller: Caller): Promise<void> => {
    if ((declaredLength(request) ?? 0) > limit) throw tooLarge();
    takeDisk(request, intake, limit, caller.isKnown);
    request.body = await toUpload(request, { filename: '', type: '', bytes: decompressed(request) }, limit);
  };
}

// A map, because an object also has `constructor`.
const decoders = new Map<string, () => Duplex>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

async function* decompressed(request: Request): AsyncGenerator<Buffer> {
  const { 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding.toLowerCase() === 'identity') return yield* request.iterator({ destroyOnReturn: false });
  const decoder = decoders.get(encoding.toLowerCase())?.();
  if (decoder === undefined)
    throw new HttpError('unsupported_media_type', `The Content-Encoding ${encoding} is unknown`);
  request.once('close', () => request.complete || decoder.destroy());
  try {
    yield* request.pipe(decoder);
  } catch (error) {
    throw new HttpError('malformed_request', 'The body cannot be decompressed', { cause: error });
  }
}

/** Puts the files into the validated body. */
export function putUploads(request: Request): void {
  for (const [name, files] of (request as Uploading)[uploadsKey] ?? []) {
    request.body[name] = Array.isArray(request.body[name]) ? files : files[0];
  }
}

const tooLarge = () => new HttpError('payload_too_large', 'The request body is too large');

/** The length of the body as its sender declares it; `undefined` for one that is sent in chunks. */
export function declaredLength({ headers }: Request): number | undefined {
  const { 'content-length': length } = headers;
  return length === undefined ? undefined : Number(length);
}

function takeDisk(request: Request, { disk }: Intake, limit: number, isKnown: boolean): void {
  hold(request, disk.take(Math.min(declaredLength(request) ?? limit, limit), isKnown));
}

type Chunks = { bytes: AsyncIterable<Buffer> };

/** @param refuse called for a larger file; by default it is too large */
async function toUpload(
  request: Request,
  part: Chunks & Pick<Part, 'type'> & { filename?: string | undefined },
  limit: number,
  refuse = () => {},
): Promise<Upload> {
  const file = await TemporaryFile.create();
  hold(request, () => file.close());
  await eachChunk(part, limit, (chunk) => file.append(chunk), refuse);
  return { name: part.filename ?? '', type: part.type, size: file.size, stream: () => file.stream() };
}

async function readText(part: Chunks, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await eachChunk(part, limit, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks);
}

async function eachChunk(
  { bytes }: Chunks,
  limit: number,
  use: (chunk: Buffer) => void | Promise<void>,
  refuse = () => {},
): Promise<void> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) {
      refuse();
      throw tooLarge();
    }
    await use(chunk);
  }
}

/** An unknown charset is taken for UTF-8. */
function decodeText(bytes: Buffer, charset = 'utf-8'): string {
  if (/^utf[-_]?8$/i.test(charset)) return bytes.toString();
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString();
  }
}

function append<T>(map: Map<string, T[]>, name: string, value: T): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

const toBody = (texts: ReadonlyMap<string, readonly string[]>): Record<string, unknown> =>
  Object.fromEntries(Array.from(texts, ([name, values]) => [name, values.length === 1 ? values[0] : values]));

const problem = (name: string, message: string): ErrorDetail => ({ path: `/body/${name}`, message, keyword: 'type' });
