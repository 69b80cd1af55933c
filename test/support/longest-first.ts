import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes. When one of them begins last, the other workers have nothing to do meanwhile. */
const longest = /\/test\/(\w+\/api|contract\/\w+|mock\/mock|new)\.test\.ts$/;

/** Begins with the longest files. Vitest knows them only from an earlier run, which a fresh clone does not have. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
