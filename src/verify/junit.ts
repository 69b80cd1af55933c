import type { Report } from './report.ts';

/** A report as JUnit's XML: one test case for each finding, or one that passed. */
export function toJunit({ api, url, mode, findings }: Report): string {
  const suite = `verify ${api}`;
  const cases =
    findings.length === 0
      ? [`    <testcase classname=${quote(suite)} name="follows the contract"/>`]
      : findings.map(({ kind, operation, method, path, message, pointer, curl }) =>
          [
            `    <testcase classname=${quote(suite)} name=${quote(`${operation}: ${kind}: ${message}`)}>`,
            `      <failure type=${quote(kind)} message=${quote(message)}>${escapeXml(`${method} ${path}\n${pointer}\n${curl}`)}</failure>`,
            '    </testcase>',
          ].join('\n'),
        );
  const count = `tests="${cases.length}" failures="${findings.length}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="qiyue verify" ${count}>`,
    `  <testsuite name=${quote(suite)} ${count}>`,
    '    <properties>',
    `      <property name="url" value=${quote(url)}/>`,
    `      <property name="mode" value=${quote(mode)}/>`,
    '    </properties>',
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const quote = (text: string) => `"${escapeXml(text).replaceAll('\n', '&#10;')}"`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no other control characters, and no halves of surrogate pairs. */
const escapeXml = (text: string) =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"]/g, (character) => entities[character] as string);
