import type { Change } from './compare-contracts.ts';
import type { Level } from './rules.ts';

const levels: readonly Level[] = ['breaking', 'safe', 'documentation'];

/** How a list of changes is printed, by the name of the format. */
export const formats: Readonly<Record<string, (changes: readonly Change[]) => string>> = {
  json: (changes) => JSON.stringify({ changes }, null, 2),
  text: (changes) => {
    const lines = sorted(changes).map(
      ({ level, api, operation, where, rule, pointer, message }) =>
        `${level.padEnd(13)} ${api} ${operation ?? '(all)'} ${where}: ${message} [${rule}] ${pointer}`,
    );
    return [...lines, summary(changes)].join('\n');
  },
  markdown: (changes) => {
    const sections = levels.flatMap((level) => {
      const lines = sorted(changes.filter((change) => change.level === level)).map(
        ({ api, operation, where, message }) => `- ${api}${operation ? ` \`${operation}\`` : ''}, ${where}: ${message}`,
      );
      return lines.length === 0 ? [] : [`### ${level[0]?.toUpperCase()}${level.slice(1)}\n`, ...new Set(lines), ''];
    });
    return [...sections, summary(changes)].join('\n');
  },
};

const sorted = (changes: readonly Change[]): Change[] =>
  [...changes].sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));

const summary = (changes: readonly Change[]): string =>
  levels.map((level) => `${changes.filter((change) => change.level === level).length} ${level}`).join(', ');
