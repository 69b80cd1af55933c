import { fileURLToPath } from 'node:url';
import { startServer } from '../consumers/processes.ts';
import type { Finding, Judge } from './judges.ts';
import { createRequests, sendTo } from './requests.ts';

const program = fileURLToPath(import.meta.resolve('@stoplight/prism-cli'));

interface Violation {
  /** Absent where the whole answer is meant, such as an undeclared status. */
  location?: string[];
  severity: string;
  message: string;
}

/**
 * Prism as a proxy in front of the sandbox, with `--errors`: it reads each request and each answer by the contract.
 * What it only warns of, such as an undeclared status, counts, too.
 */
export const prism: Judge = {
  name: 'prism',
  packages: {},
  async judge({ api, contract, url }) {
    const command = [process.execPath, program, 'proxy', contract, `${url}/${api}`, '--errors', '--port', '0'];
    const proxy = await startServer(command, /Prism is listening on (http:\S+)/, { NO_COLOR: '1' });
    try {
      const findings: Finding[] = [];
      for (const request of await createRequests(url, api)) {
        const response = await sendTo(proxy.url, request);
        const text = await response.text();
        const warned = response.headers.get('sl-violations');
        const found = warned === null ? violationsIn(text) : (JSON.parse(warned) as Violation[]);
        findings.push(
          ...found.map(({ location = ['warning'], message }) => ({
            api,
            rule: location.slice(0, 2).join('.'),
            where: request.operationId,
            message: `${location.slice(2).join('.')} ${message}`.trim(),
          })),
        );
      }
      return findings;
    } finally {
      proxy.stop();
    }
  },
};

/** The violations in the answer that Prism gives in place of the server's. */
function violationsIn(text: string): Violation[] {
  if (!text.includes('stoplight.io/prism/errors')) return [];
  const { validation, title } = JSON.parse(text) as { validation?: Violation[]; title: string };
  return validation ?? [{ location: ['prism', title], severity: 'Error', message: text }];
}
