import type { Wire } from '../../../src/verify/exchange.ts';
import { send } from '../../../src/verify/send.ts';
import { Server } from '../server.ts';
import { growingApis } from './apis.ts';

/** The columns of the table. Times are microseconds of CPU for one request, of the server and of PostgreSQL. */
export interface GrowthFigures {
  api: string;
  engine: string;
  request: string;
  few: number;
  many: number;
  ratio: number;
}

export const FEW = 1000;

/** What a request may cost with many rows, as a multiple of what it costs with few. */
export const AIM = 1.2;

/** Rounds of a request; in each a few calls at one size and then as many at the other. */
const ROUNDS = 5;
const CALLS = 5;
/** A request that cannot be repeated is prepared for each of its calls. */
const SINGLE_ROUNDS = 9;
/** A request beyond the aim is measured again: another process may have disturbed it. */
const ATTEMPTS = 3;

/**
 * Measures every operation of some APIs with tables of two sizes on the engines that are there.
 *
 * @param only parts of the names of requests
 */
export async function growth(
  rows: number,
  apis = Object.keys(growingApis),
  only?: readonly string[],
): Promise<GrowthFigures[]> {
  const figures: GrowthFigures[] = [];
  for (const api of apis) {
    for (const engine of process.env.TEST_POSTGRES_URL ? ['sqlite', 'postgres'] : ['sqlite']) {
      const started = performance.now();
      const [few, many] = await Promise.all(
        [FEW, rows].map((size) => new Server('./growth/grown.ts', [engine, api, String(size)]).start()),
      );
      console.error(`${api} on ${engine}: tables made in ${Math.round((performance.now() - started) / 1000)} s`);
      const names = await (few as Server).ask<string[]>('names');
      for (const [place, request] of names.entries()) {
        if (only !== undefined && !only.some((part) => request.includes(part))) continue;
        try {
          const costs = await compare(few as Server, many as Server, place);
          figures.push({ api, engine, request, ...costs });
          console.error(`${api} on ${engine}: ${request}: ${costs.ratio.toFixed(2)}`);
        } catch (error) {
          console.error(`${api} on ${engine}: ${request}: ${(error as Error).message}`);
          process.exitCode = 1;
        }
      }
      console.error(`${api} on ${engine}: measured in ${Math.round((performance.now() - started) / 1000)} s`);
      for (const server of [few, many]) (server as Server).child.disconnect();
    }
  }
  return figures;
}

/** The cost of one request at both sizes. The attempt with the smallest ratio counts. */
async function compare(few: Server, many: Server, place: number) {
  let best: { few: number; many: number; ratio: number } | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const costs = await measure(few, many, place);
    if (best === undefined || costs.ratio < best.ratio) best = costs;
    if (best.ratio <= AIM) break;
  }
  return best as NonNullable<typeof best>;
}

async function measure(few: Server, many: Server, place: number) {
  const sides = [await prepareSide(few, place), await prepareSide(many, place)];
  const isRepeatable = sides.every((side) => side.isRepeatable);
  const samples: number[][] = [[], []];
  for (let round = 0; round < (isRepeatable ? ROUNDS : SINGLE_ROUNDS); round += 1) {
    for (const [index, side] of sides.entries()) samples[index]?.push(await side.sample(isRepeatable));
  }
  const [low = 0, high = 0] = samples.map(quarter);
  return { few: low, many: high, ratio: high / low };
}

async function prepareSide(server: Server, place: number) {
  const base = await server.ask<string>('base');
  const call = async (wire: Wire) => {
    const { status, body } = await send(base, wire);
    if (status >= 400) throw new Error(`${wire.method} ${wire.target}: ${status} ${body.toString().slice(0, 300)}`);
    return status;
  };
  const prepare = async () => {
    const wire = await server.ask<Wire & { isBinary?: boolean; error?: string }>(`prepare ${place}`);
    if (wire.error !== undefined) throw new Error(wire.error);
    return wire.isBinary ? { ...wire, body: Buffer.from(wire.body as string, 'latin1') } : wire;
  };
  let wire = await prepare();
  const first = await call(wire);
  // The first calls also prepare statements and compile validators.
  let isRepeatable = true;
  for (let time = 0; time < CALLS && isRepeatable; time += 1)
    isRepeatable = await call(wire).then(
      (status) => status === first,
      () => false,
    );
  return {
    isRepeatable,
    async sample(repeat: boolean): Promise<number> {
      const calls = repeat ? CALLS : 1;
      if (!repeat) wire = await prepare();
      const before = await server.ask<number>('cpu');
      for (let time = 0; time < calls; time += 1) await call(wire);
      return ((await server.ask<number>('cpu')) - before) / calls;
    },
  };
}

/** The value that a quarter of the samples are below: other processes make samples larger, never smaller. */
const quarter = (numbers: number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 4)] ?? Number.NaN;

export function growthTable(figures: readonly GrowthFigures[], rows: number): string {
  const lines = figures.map(
    ({ api, engine, request, few, many, ratio }) =>
      `| ${api}: ${request} | ${engine} | ${Math.round(few)} | ${Math.round(many)} | ${ratio.toFixed(2)} |`,
  );
  const beyond = figures.filter(({ ratio }) => ratio > AIM).length;
  return [
    `| request | engine | CPU µs at ${FEW} rows | at ${rows} | ratio |`,
    '| --- | --- | ---: | ---: | ---: |',
    ...lines,
    '',
    `${figures.length} requests, ${beyond} of them beyond ${AIM}`,
  ].join('\n');
}
