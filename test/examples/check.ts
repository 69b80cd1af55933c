import type { Api } from '../../src/http/api.ts';
import { type KnownOperation, operationsOf } from '../../src/mcp/operations.ts';
import { ExampleAnswers, mediaOf, type TwoAnswers } from './answers.ts';
import type { CaseAnswer } from './case-answers.ts';
import { checkCases } from './check-cases.ts';
import { type Drift, findDrifts } from './compare.ts';
import { keyOf, Sources, type WrittenExample } from './sources.ts';

/** An example that the sandbox does not answer. */
export interface StaleExample {
  api: string;
  example: WrittenExample;
  drifts: readonly Drift[];
  /** What it should show, as two sandboxes answer it; undefined where there is no such answer. */
  bodies: readonly [unknown, unknown] | undefined;
}

/**
 * Compares the examples of answers of an API with what sandboxes answer to the example requests. An example that
 * several operations share must be the answer of one of them.
 *
 * @param options.cases what the other examples are compared with
 */
export async function checkExamples(
  api: Api,
  servers: readonly [string, string],
  { sources = new Sources(), cases = [] }: { sources?: Sources; cases?: readonly CaseAnswer[] } = {},
): Promise<StaleExample[]> {
  const answers = new ExampleAnswers(servers, api.name);
  try {
    const groups = new Map<string, Comparison[]>();
    const examples = sources.examplesOf(api.name);
    for (const known of operationsOf([api])) {
      const own = examples.filter(
        ({ operation, status, media }) => operation === known.id && isCompared(status, media),
      );
      for (const compared of await compareOperation(known, own, answers)) {
        const key = keyOf(compared.example);
        groups.set(key, [...(groups.get(key) ?? []), compared]);
      }
    }
    const stale = [...groups.values()].flatMap((group) => {
      const [best] = group.toSorted(byDrifts);
      return best === undefined || best.drifts.length === 0 ? [] : [{ api: api.name, ...best }];
    });
    const others = examples.filter((example) => example.media.endsWith('json') && !groups.has(keyOf(example)));
    return [...stale, ...checkCases(api, others, cases)];
  } finally {
    await answers.close();
  }
}

type Comparison = Omit<StaleExample, 'api'>;

/** Pages are shortened, and files are examples of their kinds. */
const isCompared = (status: string, media: string): boolean => status.startsWith('2') && media.endsWith('json');

async function compareOperation(
  known: KnownOperation,
  examples: readonly WrittenExample[],
  answers: ExampleAnswers,
): Promise<Comparison[]> {
  // The sandbox's own API has no demo data: its examples are compared with the answers of the cases.
  if (examples.length === 0 || known.api.demo?.samples === undefined) return [];
  const usual = await answers.read(known);
  const compared: Comparison[] = [];
  for (const { status, media } of withoutRepeats(examples)) {
    const own = examples.filter((one) => one.status === status && one.media === media);
    const isUsual = mediaOf(usual.first) === media;
    // Types of the same answer share their examples.
    if (!isUsual && own.every((one) => compared.some(({ example }) => keyOf(example) === keyOf(one)))) continue;
    const received = isUsual ? usual : await answers.read(known, media);
    compared.push(compareExamples(known.api, own, received));
  }
  return compared;
}

const withoutRepeats = (examples: readonly WrittenExample[]) =>
  examples.filter(
    (one, index) => examples.findIndex(({ status, media }) => one.status === status && one.media === media) === index,
  );

const byDrifts = (a: Comparison, b: Comparison): number => a.drifts.length - b.drifts.length;

/** Only one of several examples can be the answer to the example request: the one that comes nearest. */
function compareExamples({ faults }: Api, examples: readonly WrittenExample[], answers: TwoAnswers): Comparison {
  const { first, second } = answers;
  const bodies = [first.body, second.body] as const;
  const example = examples[0] as WrittenExample;
  const failed = (problem: string) => ({ example, drifts: [{ path: [], problem }], bodies: undefined });
  if (`${first.status}` !== example.status) return failed(`the example request gets ${first.status}`);
  // Some APIs answer an error with the status of success.
  const codeOf = (body: unknown) => (isObject(body) ? String(faults?.codeOf(body)) : undefined);
  const received = codeOf(first.body);
  if (codeOf(example.value) !== received) return failed(`the example request gets the error ${received}`);
  const [best] = examples
    .filter(({ value }) => codeOf(value) === received)
    .map((one) => ({ example: one, drifts: findDrifts(one.value, first.body, second.body), bodies }))
    .toSorted(byDrifts);
  return best as Comparison;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
