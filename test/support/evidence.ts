import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Answer } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { createChecker } from '../contract/checker.ts';
import type { Proof } from '../evidence/proofs.ts';

/** Where `npm run evidence` collects proofs; other runs keep none. */
const folder = process.env.EVIDENCE_FOLDER;

/** What the answers of one suite prove. */
export class Proofs {
  readonly #by: Proof['by'];
  readonly #api: string;
  /** One test for each outcome is enough. */
  readonly #proofs = new Map<string, Proof>();

  constructor(api: string, by: Proof['by']) {
    this.#api = api;
    this.#by = by;
    if (folder !== undefined) afterAll(() => this.#write(folder));
  }

  /** Keeps that the running test has received this answer, which follows the contract. */
  add({ id, responses, errorCodes }: Operation, { status, headers }: Answer, errorCode: string | undefined): void {
    if (folder === undefined) return;
    const hasBody = (responses.get(status) ?? []).length > 0;
    const media = hasBody ? (String(headers['content-type']).split(';', 1)[0] ?? null) : null;
    const code = errorCodes.has(status) ? (errorCode ?? null) : null;
    const key = JSON.stringify([id, status, media, code]);
    const test = runningTest();
    if (!this.#proofs.has(key))
      this.#proofs.set(key, { api: this.#api, operation: id, status, media, code, by: this.#by, test });
  }

  #write(folder: string): void {
    write(folder, `${this.#api}-${this.#by}`, [...this.#proofs.values()]);
  }
}

/** `<file> > <name>`, the name as `vitest -t` takes it. */
function runningTest(): string {
  const { currentTestName = '', testPath = '' } = expect.getState();
  return `${relative(process.cwd(), testPath)} > ${currentTestName.replaceAll(' > ', ' ')}`;
}

function write(folder: string, name: string, proofs: readonly Proof[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}-${randomUUID()}.json`), JSON.stringify(proofs));
}

/** The operations that only the client calls: tests use a browser of their own for pages, and `fetch` for the rest. */
const calledByClients = /\/(token|accessToken|revoke|introspect|userinfo|jwks(\.json)?|\.well-known\/.*)$/;

/**
 * What programs of others have received from a sandbox, by its request log: answers that follow the contract. To be
 * called at the end of the test in which the client was used, once for each client.
 */
export class ClientProofs {
  readonly #proofs: Proof[] = [];
  #since = 'r0';

  constructor() {
    if (folder !== undefined) afterAll(() => write(folder, 'clients', this.#proofs));
  }

  /** Keeps what has been received since the last call. */
  async add(url: string, client: Required<Proof>['client']): Promise<void> {
    if (folder === undefined) return;
    const read = async (path: string) => (await fetch(`${url}/sandbox/requests${path}`)).json();
    const calls = (await read(`?limit=500&since=${this.#since}`)) as Call[];
    this.#since = calls[0]?.id ?? this.#since;
    const test = runningTest();
    for (const { id, api, operation, path, status, verdict } of calls) {
      if (operation === null || !calledByClients.test(path) || !verdict.response?.valid) continue;
      const { response } = (await read(`/${id}`)) as { response: Received };
      const media = response.headers['content-type']?.split(';', 1)[0] ?? null;
      const checker = createChecker(api);
      const hasCode = checker.operations.get(operation)?.errorCodes.has(status);
      const body = Buffer.from(JSON.stringify(response.body));
      const code = (hasCode && checker.errorCodeOf({ status, headers: response.headers, body })) || null;
      this.#proofs.push({ api, operation, status, media, code, by: 'client', client, test });
    }
  }
}

interface Received {
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** An entry of the request log. */
interface Call {
  id: string;
  api: string;
  operation: string | null;
  path: string;
  status: number;
  verdict: { response: { valid: boolean } | null };
}
