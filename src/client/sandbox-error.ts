import type { components } from '../../generated/sandbox.ts';

type Schemas = components['schemas'];

/** The sandbox rejected a call, or there is none at the address. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
  /** HTTP status; 0 when nothing has answered. */
  readonly status: number;
  /** Such as `invalid_request`; undefined when the answer is not that of a sandbox. */
  readonly code: string | undefined;
  /** The wrong fields. */
  readonly details: readonly Schemas['ErrorDetail'][];

  constructor(message: string, status: number, { error, details = [] }: Partial<Schemas['Error']> = {}) {
    super(message);
    this.status = status;
    this.code = error;
    this.details = details;
  }
}

/**
 * Waits for an answer of the control API.
 *
 * @throws SandboxError
 */
export async function requireAnswer<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer.catch(rejectUnreadable);
  if (response.ok) return data as Data;
  const problem = (error ?? {}) as Partial<Schemas['Error']>;
  if (problem.message !== undefined) throw new SandboxError(problem.message, response.status, problem);
  throw new SandboxError(
    `There is no sandbox at ${response.url}, which has answered ${response.status}`,
    response.status,
  );
}

/** openapi-fetch cannot read a success that is not JSON, such as a page. */
function rejectUnreadable(error: unknown): never {
  throw error instanceof SyntaxError ? new SandboxError('The answer is not that of a sandbox', 200) : error;
}
