import { HttpError } from '../../errors.ts';
import { LOCAL_REDIRECT_URIS, redirectUriProblem } from './redirect-uris.ts';

/** The address of a program on the developer's machine, with the port that the demo applications have. */
const CALLBACK = 'http://127.0.0.1:8080/callback';

/**
 * The redirection URIs of an application of a seed, by default those of programs on the developer's machine.
 *
 * @throws HttpError invalid_request
 */
export function seedRedirectUris(given: readonly string[] = [CALLBACK, ...LOCAL_REDIRECT_URIS]): readonly string[] {
  for (const uri of given) {
    const problem = redirectUriProblem(uri);
    if (problem !== undefined)
      throw new HttpError('invalid_request', `${uri} cannot be a redirection URI: ${problem.replace('_', ' ')}`);
  }
  return given;
}
