import { axes, type Evidence } from '../../src/docs/evidence.ts';

/**
 * What was proved before and is not any more: a line for each answer and axis. An answer that the contract no longer
 * declares is not lost, and neither is one that odd requests met by chance.
 */
export function findLost(before: Evidence, after: Evidence): string[] {
  const rows = new Map(rowsOf(after));
  return rowsOf(before).flatMap(([key, answer]) => {
    const now = rows.get(key);
    if (now === undefined) return [];
    return certain
      .filter((axis) => answer[axis] !== undefined && now[axis] === undefined)
      .map((axis) => `${key} on ${axis}`);
  });
}

const certain = axes.filter((axis) => axis !== 'fuzz');

const rowsOf = ({ operations }: Evidence) =>
  operations.flatMap(({ api, operation, answers }) =>
    answers.map((answer) => {
      const { status, media, code } = answer;
      return [[api, operation, status, media, code].filter((part) => part !== null).join(' '), answer] as const;
    }),
  );
