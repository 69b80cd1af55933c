import type { Config } from '../../config.ts';
import type { AnyOperation } from '../../http/operation.ts';
import { pictureAddress } from '../../http/pictures.ts';
import type { RequestInfo } from '../../http/request.ts';
import { NO_PICTURES } from '../model/users.ts';

/** The members of resources that have the address of a picture. */
const members = ['gavatar', 'avatar'];

interface Resource {
  attributes?: Record<string, unknown>;
}

interface Document {
  data?: Resource | readonly Resource[];
  included?: readonly Resource[];
}

/** In a sandbox, gives people without a picture the one that the sandbox draws for them. Changes the document. */
export function addPictures<Whole>(document: Whole, { sandbox }: Config, request: Pick<RequestInfo, 'rootUrl'>): Whole {
  if (!sandbox) return document;
  const { data = [], included = [] } = document as Document;
  for (const { attributes = {} } of [data, included].flat() as Resource[])
    for (const member of members) {
      const value = attributes[member];
      if (typeof value === 'string' && value.startsWith(NO_PICTURES))
        attributes[member] = pictureAddress(request, value.slice(NO_PICTURES.length, -'.png'.length));
    }
  return document;
}

/** The operations, which add the pictures to their documents. */
export function withPictures<Operations extends object>(operations: Operations): Operations {
  const all = Object.entries(operations as Record<string, AnyOperation>).map(([id, run]): [string, AnyOperation] => [
    id,
    async (input, context) => {
      const output = await run(input, context);
      const { body } = output;
      if (typeof body === 'object' && body !== null && 'jsonapi' in body)
        addPictures(body, context.config, input.request);
      return output;
    },
  ]);
  return Object.fromEntries(all) as Operations;
}

/** Where a webhook finds the server: no request says it. */
export const outsideOf = ({ publicUrl, port }: Config): Pick<RequestInfo, 'rootUrl'> => ({
  rootUrl: publicUrl ?? `http://127.0.0.1:${port}`,
});
