// Names what failed, by vitest's JSON report and the checks given after it, and prints the closing line.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [report, ...failedChecks] = process.argv.slice(2);
const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
  const file = relative(process.cwd(), name);
  if (status === 'failed' && assertionResults.length === 0) return [`${file} did not load: ${message}`];
  return assertionResults
    .filter((test) => test.status !== 'passed')
    .map((test) => [`${test.status}: ${file}: ${test.fullName}`, ...test.failureMessages.map(firstLine)].join('\n    '));
});
failures.push(...failedChecks.map((check) => `failed: ${check}`));
for (const failure of failures) console.error(failure);
console.log(`${numPassedTests} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;

function firstLine(message) {
  return message.split('\n', 1)[0].slice(0, 300);
}
