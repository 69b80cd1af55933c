import { type AnswerEvidence, type Axis, axes, type OperationEvidence } from '../../src/docs/evidence.ts';
import { createChecker } from '../contract/checker.ts';
import type { Proof } from './proofs.ts';

/**
 * Every answer that the contract of an API declares, with what proves it: a row for each status, media type and error
 * number.
 *
 * @param proofs of a test run, in any order
 */
export function collectEvidence(api: string, proofs: readonly Proof[]): OperationEvidence[] {
  const { operations } = createChecker(api);
  const known = new Map<string, string>();
  const programs = new Map<string, Required<Proof>['client']>();
  for (const proof of proofs) {
    if (proof.api !== api) continue;
    const program = proof.client && `${proof.client.name} ${proof.client.version}`;
    if (proof.client && program) programs.set(program, proof.client);
    const key = keyOf(proof.operation, proof, program ?? proof.by);
    const test = known.get(key);
    // Of several tests, always the same one, and one on SQLite if there is one.
    if (test === undefined || isBefore(proof.test, test)) known.set(key, proof.test);
  }
  return [...operations.values()].map(({ id, responses, errorCodes, extensions }) => ({
    api,
    operation: id,
    source: (extensions['x-source'] ?? []) as OperationEvidence['source'],
    answers: [...responses].flatMap(([status, types]) =>
      (types.length === 0 ? [null] : types).flatMap((media) =>
        (errorCodes.get(status) ?? [null]).map((code): AnswerEvidence => {
          const answer = { status, media, code };
          const tests = axes.map((axis) => [axis, known.get(keyOf(id, answer, axis))]);
          const proofs = Object.fromEntries(tests.filter(([, test]) => test !== undefined));
          const clients = [...programs.keys()].sort().flatMap((program) => {
            const test = known.get(keyOf(id, answer, program));
            return test === undefined ? [] : [{ ...(programs.get(program) as Required<Proof>['client']), test }];
          });
          return {
            ...answer,
            ...(proofs as Partial<Record<Axis, string>>),
            ...(clients.length > 0 && { clients }),
          };
        }),
      ),
    ),
  }));
}

const isBefore = (a: string, b: string) => a.length < b.length || (a.length === b.length && a < b);

const keyOf = (operation: string, { status, media, code }: Pick<Proof, 'status' | 'media' | 'code'>, by: string) =>
  JSON.stringify([operation, status, media, code, by]);
