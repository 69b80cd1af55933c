import type { Evidence } from '../../src/docs/evidence.ts';

/** One answer on one line, so that a diff shows what changed. Not indented: there are thousands of lines. */
export function renderEvidence({ operations, mutation }: Evidence): string {
  const lines = operations.map(({ answers, ...operation }) => {
    const rows = answers.map((answer) => JSON.stringify(answer));
    return `${JSON.stringify(operation).slice(0, -1)},"answers":[\n${rows.join(',\n')}\n]}`;
  });
  return `{\n"operations": [\n${lines.join(',\n')}\n],\n"mutation": ${JSON.stringify(mutation)}\n}\n`;
}
