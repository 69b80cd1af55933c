import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { badInputs } from '../../src/verify/bad-input.ts';
import { type Exchange, toWire, type Wire } from '../../src/verify/exchange.ts';
import { oneThingOdd } from '../../src/verify/odd-requests.ts';
import type { Operation } from '../../src/verify/operations.ts';
import type { Node } from '../../src/verify/references.ts';
import type { Compile } from '../../src/verify/schemas.ts';
import { withoutAuthentication } from '../../src/verify/unauthorized.ts';
import { requests } from '../contract/odd-requests.ts';

/** What the answer must be, beside one that the contract declares. */
export type Expectation = 'accepted' | 'refused' | 'method-not-allowed' | 'authentication-required';

/** A request that a run sends. */
export interface Planned {
  what: string;
  wire: Wire;
  expects?: Expectation;
}

/** What the requests of an operation are made from. */
export interface Material {
  contract: Node;
  compile: Compile;
  /** All operations of the contract. */
  operations: readonly Operation[];
  /** Requests that the contract allows. The first one should succeed. */
  starts: readonly Exchange[];
}

/**
 * The requests of a run, without end. First those that one rule decides, then requests with one odd part and requests
 * with several odd parts by turns. The seed decides all of them: what the server answers changes nothing.
 */
export function* plan(operation: Operation, material: Material, seed: number): Generator<Planned> {
  yield* decided(operation, material, seed);
  const odd = oneThingOdd(operation, material.starts);
  const random = manyThingsOdd(operation, material, seed);
  for (;;) {
    const one = odd.next();
    if (one.done !== true) yield { what: 'one odd part', wire: one.value };
    yield { what: 'odd parts', wire: random.next().value as Wire };
  }
}

function* decided(operation: Operation, material: Material, seed: number): Generator<Planned> {
  const { contract, compile, operations, starts } = material;
  const [start = {}] = starts;
  const wire = toWire(operation, start);
  yield { what: 'the sample', wire, expects: 'accepted' };
  const digest = createHash('sha256').update(`${seed} ${operation.id}`).digest();
  for (const { what, exchange } of withoutAuthentication(operation, start, [], (size) => digest.subarray(0, size)))
    yield { what, wire: toWire(operation, exchange), expects: 'authentication-required' };
  const here = operations.filter(({ path }) => path === operation.path).map(({ method }) => method);
  for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'TRACE', 'QUERY'])
    if (!here.includes(method)) yield { what: method, wire: { ...wire, method }, expects: 'method-not-allowed' };
  for (const { name } of operation.parameters.filter((one) => one.in === 'header' && one.required)) {
    const { [name]: _, ...headers } = wire.headers;
    yield { what: `without the header ${name}`, wire: { ...wire, headers }, expects: 'refused' };
  }
  for (const { what, exchange } of badInputs(operation, start, contract, compile))
    yield { what, wire: toWire(operation, exchange), expects: 'refused' };
}

/** How many requests are generated at once. */
const BATCH = 100;

function* manyThingsOdd(operation: Operation, { starts }: Material, seed: number): Generator<Wire> {
  const arbitrary = requests(operation, starts);
  for (let batch = 0; ; batch += 1) {
    const ofBatch = createHash('sha256').update(`${seed} ${operation.id} ${batch}`).digest().readInt32BE(0);
    yield* fc.sample(arbitrary, { seed: ofBatch, numRuns: BATCH });
  }
}
