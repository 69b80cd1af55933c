import { type ErrorDetail, HttpError } from '../errors.ts';

interface ValidatorError extends Error {
  status: number;
  errors?: { path: string; message: string; errorCode?: string }[];
}

/** Says it of the field, whose name stands in front. */
function retell(message: string, keyword: string): string {
  if (keyword === 'required') return 'is required';
  if (keyword === 'type') return mustBe(message.replace(/^must be /, '').split(','));
  return message;
}

const mustBe = (types: readonly string[]) => `must be ${types.join(', ').replace(/, ([^,]*)$/, ' or $1')}`;

/**
 * Of a value that fits no branch of a union, the validator tells the errors of all branches, one after the other, and
 * then that of the union. What is said for values of another type is left out, and what came farthest stands first.
 */
function tellUnions(details: readonly ErrorDetail[]): ErrorDetail[] {
  const told: ErrorDetail[] = [];
  for (const detail of details) {
    const { path, keyword } = detail;
    if (keyword === 'anyOf' || keyword === 'oneOf') {
      const start = told.findLastIndex((one) => one.path !== path && !one.path.startsWith(`${path}/`)) + 1;
      for (const one of tellBranches(told.splice(start), path)) told.push(one);
    }
    told.push(detail);
  }
  return told;
}

function tellBranches(details: readonly ErrorDetail[], path: string): ErrorDetail[] {
  const ofItsType = details.filter((one) => one.keyword !== 'type' || one.path !== path);
  if (ofItsType.length > 0) return ofItsType.toSorted((a, b) => depthOf(b) - depthOf(a));
  const types = details.map(({ message }) => message.replace(/^must be /, ''));
  return types.length === 0 ? [] : [{ path, message: mustBe([...new Set(types)]), keyword: 'type' }];
}

/** Of the value that is wrong: what is required is missing in the one above. */
const depthOf = ({ path, keyword }: ErrorDetail) => path.split('/').length - (keyword === 'required' ? 1 : 0);

/** What the validator throws, told of the fields, the first one as the message. Anything else stays what it is. */
export function fromValidatorError(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error) || !('status' in error)) return error;
  const { status, message, errors = [] } = error as ValidatorError;
  const details = errors.map(({ path, message, errorCode }) => {
    const keyword = errorCode?.split('.')[0] ?? 'invalid';
    return { path, message: retell(message, keyword), keyword };
  });
  if (status === 413) return new HttpError('payload_too_large', 'The request body is too large', { cause: error });
  if (status === 415) return new HttpError('unsupported_media_type', message, { cause: error });
  if (status < 500) {
    // A failed branch of if/then is reported twice: the field, and the branch. The branch tells the caller nothing.
    const telling = tellUnions(details.filter(({ keyword }) => keyword !== 'if'));
    const first = telling[0];
    const text = first === undefined ? message : `${first.path.slice(1).replaceAll('/', '.')} ${first.message}`;
    return new HttpError('invalid_request', text, { details: telling, cause: error });
  }
  return error;
}
