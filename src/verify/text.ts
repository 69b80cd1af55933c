import type { Verification } from './recorder.ts';
import { type Finding, kinds, type Share } from './report.ts';

/** A report for people. */
export function toText({ report, unreached, refused }: Verification): string {
  const { api, url, mode, requests, findings, coverage } = report;
  const share = ({ reached, declared }: Share) => `${reached} of ${declared}`;
  const { operations, statuses, mediaTypes } = coverage;
  return [
    `${api} at ${url} (${mode}): ${requests} requests`,
    `Reached: ${share(operations)} operations, ${share(statuses)} statuses, ${share(mediaTypes)} media types`,
    ...(unreached.length > 0 ? [`Not called: ${unreached.join(', ')}`] : []),
    ...(refused.length > 0 ? [`Always refused: ${refused.join(', ')}`] : []),
    ...findings.map(toLines),
    findings.length === 0 ? 'No findings.' : `${findings.length} findings.`,
  ].join('\n');
}

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
