import type { Verification } from './recorder.ts';
import { type Finding, kinds, type Share } from './report.ts';

/** A report for people. */
export function toText({ report, uncalled, undeclared, refused }: Verification): string {
  const { api, url, mode, requests, findings, coverage } = report;
  const share = ({ reached, declared }: Share) => `${reached} of ${declared}`;
  const { operations, statuses, mediaTypes } = coverage;
  return [
    `${api} at ${url} (${mode}): ${requests} requests`,
    `Reached: ${share(operations)} operations, ${share(statuses)} statuses, ${share(mediaTypes)} media types`,
    ...list('Not called', uncalled),
    ...list('Always refused', refused),
    ...list('Never answered as declared', undeclared),
    ...findings.map(toLines),
    findings.length === 0 ? 'No findings.' : `${findings.length} findings.`,
  ].join('\n');
}

const list = (title: string, operations: readonly string[]) =>
  operations.length > 0 ? [`${title}: ${operations.join(', ')}`] : [];

const toLines = ({ kind, operation, method, path, status, message, pointer, curl }: Finding) =>
  [
    '',
    `${kind}: ${kinds[kind]}`,
    `  ${method} ${path} (${operation})${status === null ? '' : ` answered ${status}`}`,
    `  ${message}`,
    `  contract: ${pointer}`,
    ...(curl === '' ? [] : [`  ${curl}`]),
    '',
  ].join('\n');
