import type { Api } from '../../src/http/api.ts';
import { type LinkOfAnswer, linksOf } from '../../src/http/links.ts';
import type { Exchange } from '../../src/verify/exchange.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { type Call, call, follow } from './follow.ts';
import { type FuzzTarget, isSuccess } from './fuzz-operation.ts';
import { sampleExchange } from './sample-exchange.ts';

/** What was wrong on the way, and the call that has shown it. */
export interface BrokenLife {
  source: string;
  operation: string;
  problem: string;
  made: Call;
}

/** Whether a link leads to the end of the thing that the answer is about. */
const isEnd = ({ operationId }: LinkOfAnswer) => /^(delete|remove|dissolve)/.test(operationId);

/** Bodies in place of samples that name other things of the demo data. */
export const ownBodies: Readonly<Record<string, unknown>> = { createProject: { project: { name: '官网改版' } } };

/** Operations whose answers have a link to an end. */
export const lifeCyclesOf = ({ contract }: Api): string[] => [
  ...new Set(
    linksOf(contract)
      .filter(isEnd)
      .map(({ source }) => source),
  ),
];

/**
 * Creates something, and follows the links of the answer: each leads to it (resource availability). Then ends it and
 * follows them again: none succeeds (use after free).
 */
export async function lifeCycle(target: FuzzTarget, api: Api, source: string): Promise<BrokenLife[]> {
  const { base, judge, contract } = target;
  const operationOf = (id: string) => judge.operations.get(id) as Operation;
  const made = await call(base, operationOf(source), sampleExchange(api, source));
  const links = linksOf(api.contract).filter((link) => link.source === source && link.status === `${made.statusCode}`);
  const broken: BrokenLife[] = [];
  const visit = async (link: LinkOfAnswer, judgeCall: (next: Call) => string | undefined) => {
    const operation = operationOf(link.operationId);
    const sample: Exchange = sampleExchange(api, operation.id);
    const own = ownBodies[operation.id];
    const start = own === undefined ? sample : { ...sample, json: own };
    const next = await call(base, operation, follow(link, made, operation, start));
    const violations = judge.judge(operation, next.wire, next.answer).map(({ message }) => message);
    const problem = violations.length > 0 ? violations.join('; ') : judgeCall(next);
    if (problem !== undefined) broken.push({ source, operation: operation.id, problem, made: next });
  };
  const succeeds = ({ answer }: Call) => isSuccess(judge, contract, answer);
  const mustSucceed = (next: Call) =>
    succeeds(next) ? undefined : `not available after ${source}: ${next.answer.status} ${next.answer.body}`;
  for (const link of links) await visit(link, mustSucceed);
  const end = links.find(isEnd);
  if (end === undefined) return broken;
  for (const link of links.filter((one) => isAboutTheSame(one, end)))
    await visit(link, (next) => (succeeds(next) ? `succeeds after ${end.operationId}` : undefined));
  return broken;
}

/** Whether a link takes at least what the end takes: another may lead to the thing's neighbours. */
function isAboutTheSame(link: LinkOfAnswer, end: LinkOfAnswer): boolean {
  const values = (one: LinkOfAnswer) =>
    Object.values({ ...one.parameters, ...(one.requestBody as object | undefined) }).map(String);
  const response = values(end).filter((value) => value.startsWith('$response.'));
  return response.every((value) => values(link).includes(value));
}
