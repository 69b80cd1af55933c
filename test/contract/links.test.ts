import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis, sandbox } from '../../src/app.ts';
import type { Api } from '../../src/http/api.ts';
import { linksOf } from '../../src/http/links.ts';
import { createJudge } from '../../src/verify/judge.ts';
import type { Operation } from '../../src/verify/operations.ts';
import { call, follow } from '../fuzz/follow.ts';
import { isSuccess } from '../fuzz/fuzz-operation.ts';
import { lifeCycle, lifeCyclesOf, ownBodies } from '../fuzz/life-cycle.ts';
import { readBundle } from '../fuzz/material.ts';
import { sampleExchange } from '../fuzz/sample-exchange.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** The address of an API with fresh demo data, in a world of its own. Worlds have no worlds inside. */
async function freshBase(api: Api): Promise<string> {
  if (api === sandbox) return `${server.url}/sandbox`;
  const response = await fetch(`${server.url}/sandbox/worlds`, { method: 'POST' });
  return `${((await response.json()) as { base_url: string }).base_url}/${api.name}`;
}

it.each(['tower', 'ucenter', 'ppmessage', 'gobelieve', 'sandbox'])('%s has five links or more', (name) => {
  const [api] = apis.filter((one) => one.name === name);
  expect(linksOf((api as Api).contract).length).toBeGreaterThanOrEqual(5);
});

describe.each(apis.map((api) => [api.name, api] as const))('the links of %s', (name, api) => {
  const links = linksOf(api.contract);
  const contract = readBundle(name);
  const judge = createJudge(contract, { strict: true });
  const operationOf = (id: string) => judge.operations.get(id) as Operation;

  it('lead to operations and parameters that exist', () => {
    for (const link of links) {
      const target = judge.operations.get(link.operationId);
      expect(target, `${link.source} → ${link.operationId}`).toBeDefined();
      const names = Object.keys(link.parameters ?? {});
      expect(names.length > 0 || link.requestBody !== undefined).toBe(true);
      expect(target?.parameters.map((parameter) => parameter.name)).toEqual(expect.arrayContaining(names));
      if (link.requestBody !== undefined) expect(target?.requestBody).toBeDefined();
    }
  });

  const starts = new Map(links.map(({ source, status }) => [`${source} ${status}`, { source, status }]));
  it.each([...starts])('that begin at %s lead to a success', async (_, { source, status }) => {
    const base = await freshBase(api);
    // listRequests lists at least this one.
    await fetch(`${base.slice(0, base.lastIndexOf('/'))}/tower/api/v1/user`);
    const sample = sampleExchange(api, source);
    let made = await call(base, operationOf(source), sample);
    // A snapshot is created at first, and replaced then.
    if (String(made.statusCode) !== status) made = await call(base, operationOf(source), sample);
    expect(String(made.statusCode)).toBe(status);
    const followed = [];
    for (const link of links.filter((one) => one.source === source && one.status === status)) {
      const target = operationOf(link.operationId);
      const own = ownBodies[target.id];
      const start = { ...sampleExchange(api, target.id), ...(own !== undefined && { json: own }) };
      const { wire, answer } = await call(base, target, follow(link, made, target, start));
      const violations = judge.judge(target, wire, answer);
      followed.push([target.id, isSuccess(judge, contract, answer) || answer.body.toString(), violations]);
    }
    expect(followed).toEqual(followed.map(([target]) => [target, true, []]));
  });

  it.each(lifeCyclesOf(api))('of %s succeed until its thing is gone, and not afterwards', async (source) => {
    const base = await freshBase(api);
    const broken = await lifeCycle({ base, judge, contract }, api, source);
    expect(broken.map(({ operation, problem }) => `${operation}: ${problem}`)).toEqual([]);
  });
});
