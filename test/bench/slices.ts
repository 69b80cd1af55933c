import { load } from './load.ts';
import type { RequestText } from './requests.ts';
import type { Server } from './server.ts';

const SLICES = 90;
const CONNECTIONS = 8;

/** CPU time of a request, in microseconds, and divided by that at the first port. */
export interface SliceFigures {
  cpuMicroseconds: number;
  ratio: number;
}

/**
 * Compares a request at several ports of one process, which take short turns. Two processes differ by more than a small
 * part of a request costs, and other work on the machine changes within seconds. The medians count.
 *
 * @param count of requests in a turn
 */
export async function compareInSlices(
  server: Server,
  ports: readonly number[],
  request: RequestText,
  count: number,
): Promise<SliceFigures[]> {
  const cpuOf = async (port: number) => {
    const before = await server.cpu();
    await load(port, request(port), count, CONNECTIONS);
    return ((await server.cpu()) - before) / count;
  };
  // The first turns compile.
  for (const port of ports) for (let turn = 0; turn < 4; turn += 1) await cpuOf(port);
  const times: number[][] = ports.map(() => []);
  const ratios: number[][] = ports.map(() => []);
  for (let slice = 0; slice < SLICES; slice += 1) {
    const cpu: number[] = [];
    // Every port is as often the first as the last.
    const order = ports.map((_, index) => (index + slice) % ports.length);
    for (const index of slice % 2 ? order.reverse() : order) cpu[index] = await cpuOf(ports[index] as number);
    for (const [index, time] of cpu.entries()) {
      times[index]?.push(time);
      ratios[index]?.push(time / (cpu[0] as number));
    }
  }
  return ports.map((_, index) => ({
    cpuMicroseconds: median(times[index] ?? []),
    ratio: median(ratios[index] ?? []),
  }));
}

export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
