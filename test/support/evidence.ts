import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Answer } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
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
    const { currentTestName = '', testPath = '' } = expect.getState();
    // The name as `vitest -t` takes it.
    const test = `${relative(process.cwd(), testPath)} > ${currentTestName.replaceAll(' > ', ' ')}`;
    if (!this.#proofs.has(key))
      this.#proofs.set(key, { api: this.#api, operation: id, status, media, code, by: this.#by, test });
  }

  #write(folder: string): void {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${this.#api}-${this.#by}-${randomUUID()}.json`);
    writeFileSync(file, JSON.stringify([...this.#proofs.values()]));
  }
}
