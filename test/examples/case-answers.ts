import type { Answer } from '../../src/verify/judge.ts';
import { createChecker } from '../contract/checker.ts';
import { attempts, outcomesOf, type Suite, startVariants } from '../contract/harness.ts';
import { startServer } from '../support/server.ts';
import { ADDRESS } from './answers.ts';

/** What an operation answered to one of the cases of the contract tests. */
export interface CaseAnswer {
  operation: string;
  status: string;
  media: string;
  /** JSON as a value. */
  body: unknown;
}

/** Tries every case of the contract tests of an API, and keeps the answers in JSON. */
export async function readCaseAnswers(suite: Suite): Promise<CaseAnswer[]> {
  const { name } = suite.api;
  const { operations } = createChecker(name);
  const server = await startServer({ ...suite.environment }, suite.served ?? [suite.api]);
  const base = `${server.url}/${name}`;
  const variants = await startVariants(suite.api, server);
  try {
    const stage = { base, world: await suite.createWorld(base, server), variants, config: server.context.config };
    const answers: CaseAnswer[] = [];
    for (const operation of operations.values())
      for (const status of operation.responses.keys())
        for (const code of outcomesOf(suite, operation, status))
          for await (const { answer } of attempts(suite, operation, { status, code }, stage))
            answers.push(...toCaseAnswer(operation.id, answer, server.url));
    return answers;
  } finally {
    await variants.close();
    await server.close();
  }
}

function toCaseAnswer(operation: string, { status, headers, body }: Answer, url: string): CaseAnswer[] {
  const media = String(headers['content-type']).split(';', 1)[0] as string;
  if (!media.endsWith('json')) return [];
  const text = body.toString().replaceAll(url, ADDRESS);
  return [{ operation, status: `${status}`, media, body: JSON.parse(text) }];
}
