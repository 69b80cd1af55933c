import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '../../src/http/api.ts';
import { projectRoot } from '../../src/root.ts';
import { type Actor, createActors } from '../../src/verify/actors.ts';
import { readCredentials, toCredentials } from '../../src/verify/credentials.ts';
import { type Exchange, exampleExchange, toWire } from '../../src/verify/exchange.ts';
import type { Judge } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { Pool } from '../../src/verify/pool.ts';
import { positives } from '../../src/verify/positive.ts';
import type { Node } from '../../src/verify/references.ts';
import { send } from '../../src/verify/send.ts';
import { sampleExchange } from './sample-exchange.ts';

export const readBundle = (api: string): Node =>
  JSON.parse(readFileSync(join(projectRoot(), 'generated', `${api}.json`), 'utf8'));

/** The requests that an operation's run begins with. */
export type StartsOf = (operation: Operation) => Exchange[];

/** Those of the documentation, with the fixed tokens of the demo data. */
export const sampleStarts =
  (api: Api): StartsOf =>
  (operation) => {
    const sample = sampleExchange(api, operation.id);
    const { params, query, headers, ...body } = exampleExchange(operation, { all: true });
    const all = {
      params: { ...params, ...sample.params },
      query: { ...withoutWaiting(query), ...sample.query },
      headers: { ...headers, ...sample.headers },
      ...body,
    };
    return [sample, all];
  };

/** A request that waits for something would cost its time in each of its variants. */
function withoutWaiting(query: Exchange['query'] = {}): Exchange['query'] {
  const { wait: _, ...others } = query;
  return others;
}

/** Those of the contract's examples, with the credentials of a file as `qiyue verify` takes it. */
export async function startsWithCredentials(
  api: Api,
  file: string,
  { operations }: Judge,
  base: string,
): Promise<StartsOf> {
  const credentials = toCredentials(await readCredentials(file, api.name));
  const ofTokens = [...operations.values()].find(({ id }) => /^create(Access)?Token$/.test(id));
  const actors = await createActors(credentials, async (form) => {
    if (ofTokens === undefined) return undefined;
    const texts = Object.entries(form).filter(([, value]) => value !== undefined && value !== '');
    const fields = Object.fromEntries(texts.map(([name, value]) => [name, String(value)]));
    const { body } = await send(base, toWire(ofTokens, { form: fields }));
    try {
      const { access_token, data } = JSON.parse(body.toString()) as {
        access_token?: string;
        data?: { access_token?: string };
      };
      return access_token ?? data?.access_token;
    } catch {
      return undefined;
    }
  });
  return (operation) => {
    const candidates = actors.flatMap((actor: Actor) =>
      positives(operation, actor, new Pool(), { isDestructive: false }),
    );
    const example = exampleExchange(operation);
    return [...candidates.slice(0, MAX_STARTS).map(({ exchange }) => exchange), example];
  };
}

const MAX_STARTS = 3;
