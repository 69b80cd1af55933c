import findMyWay from 'find-my-way';
import { type Contract, methods, type ResponseObject, resolve } from './contract.ts';

/** Whether a path belongs to a page for people: one of its declared responses is HTML. */
export function pagePaths(contract: Contract): (path: string) => boolean {
  // Finds every spelling of a path that the router of the API may accept.
  const router = findMyWay({ ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 2048 });
  for (const [path, item] of Object.entries(contract.paths)) {
    const responses = methods.flatMap((method) => Object.values(item[method]?.responses ?? {}));
    const isPage = responses.some(
      (response) => 'text/html' in ((resolve(contract, response) as ResponseObject).content ?? {}),
    );
    if (isPage) router.on('GET', path.replace(/{([^}]+)}/g, ':$1'), () => {});
  }
  return (path) => router.find('GET', path) !== null;
}
