// Reads vitest's JSON report, complains about skipped tests and prints the closing line.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const brokenFiles = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
for (const { name, message } of brokenFiles) console.error(`${name} did not load: ${message}`);
const skipped = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => ['pending', 'skipped', 'todo'].includes(status));
for (const { fullName } of skipped) console.error(`skipped: ${fullName}`);
const failed = numFailedTests + brokenFiles.length + numPendingTests + numTodoTests;
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
