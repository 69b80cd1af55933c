/** A verification that could not run. The message says what to change. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
}
