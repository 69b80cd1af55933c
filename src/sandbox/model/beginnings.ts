import { invalidField } from './errors.ts';
import { UnknownNameError } from './worlds.ts';

/**
 * Runs a work that begins from a name which a field of the body has.
 *
 * @throws HttpError invalid_request when nothing has this name; as the work
 */
export async function beginningOf<Result>(field: string, name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnknownNameError)) throw error;
    throw invalidField('body', field, `must be demo, empty, or the name of a snapshot or a world; there is no ${name}`);
  }
}
