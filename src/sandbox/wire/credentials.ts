import type { Config } from '../../config.ts';
import type { Api } from '../../http/api.ts';
import type { Schemas } from './operation.ts';

/** @param origin of the server, without a slash at its end */
export function toCredentials(apis: readonly Api[], origin: string, config: Config): Schemas['Credentials'] {
  const demos = apis.flatMap(({ name, demo }) =>
    demo ? [[name, { ...demo.credentials(`${origin}/${name}`, config), people: demo.people }] as const] : [],
  );
  return { origin, ...Object.fromEntries(demos) } as Schemas['Credentials'];
}
