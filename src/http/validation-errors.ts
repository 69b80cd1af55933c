import { type ErrorDetail, HttpError } from '../errors.ts';

interface ValidatorError extends Error {
  status: number;
  errors?: { path: string; message: string; errorCode?: string }[];
}

/**
 * Translates an error of express-openapi-validator: details for each field, the first one as the message. Other errors
 * stay as they are.
 */
export function fromValidatorError(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error) || !('status' in error)) return error;
  const { status, message, errors = [] } = error as ValidatorError;
  if (status === 413) return new HttpError('payload_too_large', 'The request body is too large', { cause: error });
  if (status === 415) return new HttpError('unsupported_media_type', message, { cause: error });
  if (status >= 500) return error;
  const all = errors.map(({ path, message, errorCode }) => {
    const keyword = errorCode?.split('.')[0] ?? 'invalid';
    return { path, message: describe(message, keyword), keyword };
  });
  // A failed branch of if/then is reported twice: for the field, and for the branch.
  const details = reduceUnions(all.filter(({ keyword }) => keyword !== 'if'));
  const [first] = details;
  const text = first === undefined ? message : `${first.path.slice(1).replaceAll('/', '.')} ${first.message}`;
  return new HttpError('invalid_request', text, { details, cause: error });
}

/** The message as a predicate of the field. */
function describe(message: string, keyword: string): string {
  if (keyword === 'required') return 'is required';
  if (keyword === 'type') return mustBe(message.replace(/^must be /, '').split(','));
  return message;
}

const mustBe = (types: readonly string[]) => `must be ${types.join(', ').replace(/, ([^,]*)$/, ' or $1')}`;

/**
 * For a value that matches no branch of a union, the validator reports the errors of all branches and then the error of
 * the union. Of these, branches for values of another type are removed, and the deepest error comes first.
 */
function reduceUnions(details: readonly ErrorDetail[]): ErrorDetail[] {
  const reduced: ErrorDetail[] = [];
  for (const detail of details) {
    const { path, keyword } = detail;
    if (keyword === 'anyOf' || keyword === 'oneOf') {
      const start = reduced.findLastIndex((one) => one.path !== path && !one.path.startsWith(`${path}/`)) + 1;
      for (const one of reduceBranches(reduced.splice(start), path)) reduced.push(one);
    }
    reduced.push(detail);
  }
  return reduced;
}

function reduceBranches(details: readonly ErrorDetail[], path: string): ErrorDetail[] {
  const ofItsType = details.filter((one) => one.keyword !== 'type' || one.path !== path);
  if (ofItsType.length > 0) return ofItsType.toSorted((a, b) => depthOf(b) - depthOf(a));
  const types = details.map(({ message }) => message.replace(/^must be /, ''));
  return types.length === 0 ? [] : [{ path, message: mustBe([...new Set(types)]), keyword: 'type' }];
}

/** The depth of the wrong value: `required` is reported for a missing member, but the wrong value is its parent. */
const depthOf = ({ path, keyword }: ErrorDetail) => path.split('/').length - (keyword === 'required' ? 1 : 0);
