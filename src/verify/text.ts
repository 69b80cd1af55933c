import type { Verification } from './recorder.ts';
import { type Finding, kinds, type Share } from './report.ts';

/** A report for people. Equal findings are grouped; the line for curl is that of the first one. */
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
    ...grouped(findings).map(toLines),
    findings.length === 0 ? 'No findings.' : `${findings.length} findings.`,
  ].join('\n');
}

const list = (title: string, operations: readonly string[]) =>
  operations.length > 0 ? [`${title}: ${operations.join(', ')}`] : [];

/** Findings of one kind with one message, as one text: the server has one fault, which many operations show. */
function toLines([first, ...others]: [Finding, ...Finding[]]): string {
  const { kind, message, pointer, curl } = first;
  const all = [first, ...others];
  const isOnePlace = others.every((other) => other.pointer === pointer);
  const calls = all.flatMap((one) => [callOf(one), ...(isOnePlace ? [] : [`    contract: ${one.pointer}`])]);
  return [
    '',
    `${kind}: ${kinds[kind]}`,
    ...(others.length === 0 ? [] : [`  ${message} (${all.length} times)`]),
    ...calls,
    ...(others.length === 0 ? [`  ${message}`] : []),
    ...(isOnePlace ? [`  contract: ${pointer}`] : []),
    ...(curl === '' ? [] : [`  ${curl}`]),
    '',
  ].join('\n');
}

const callOf = ({ operation, method, path, status }: Finding) =>
  `  ${method} ${path} (${operation})${status === null ? '' : ` answered ${status}`}`;

/** In the order of the first one of each group. */
function grouped(findings: readonly Finding[]): [Finding, ...Finding[]][] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.kind, finding.message]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}
