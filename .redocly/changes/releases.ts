import type { Contract } from '../../src/http/contract.ts';

/**
 * Whether a newer contract says that it breaks callers: its version is a later major one (below 1.0.0 a later minor one),
 * and the changelog has an entry below that version's heading.
 */
export function announces(base: Contract | undefined, head: Contract | undefined, changelog = ''): boolean {
  if (base === undefined || head === undefined) return false;
  const { version } = head.info;
  return isMajorAfter(version, base.info.version) && hasEntry(changelog, version);
}

function isMajorAfter(version: string, before: string): boolean {
  const [[major = 0, minor = 0], [oldMajor = 0, oldMinor = 0]] = [version, before].map((one) =>
    one.split('.').map(Number),
  ) as [number[], number[]];
  return major > oldMajor || (major === 0 && oldMajor === 0 && minor > oldMinor);
}

/** Whether the section of a version, up to the next heading of its level, has a line of a list. */
function hasEntry(changelog: string, version: string): boolean {
  const section = changelog.split(/^## /m).find((part) => part.split('\n', 1)[0]?.split(/\s/).includes(version));
  return section !== undefined && /^[-*] \S/m.test(section);
}
