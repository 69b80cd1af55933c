import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { createIntake } from '../../src/files/intake.ts';
import { ucenter } from '../../src/ucenter/index.ts';

let mock: Server;
let url: string;
beforeAll(async () => {
  const config = readConfig([ucenter], {});
  const context = { config, intake: createIntake(config), log: pino({ level: 'silent' }) } as Context;
  mock = createServer(createMockApp(context, { served: [ucenter] })).listen(0, '127.0.0.1');
  await once(mock, 'listening');
  url = `http://127.0.0.1:${(mock.address() as AddressInfo).port}/ucenter/api`;
});
afterAll(() => void mock.close());

const form = new URLSearchParams({ phone: '13800000000' });
const json = { 'Content-Type': 'application/json' };

it.each<[string, string, RequestInit]>([
  [
    'a form',
    '/sms/code',
    {
      method: 'POST',
      body: `access_token=x&${form}`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    },
  ],
  ['JSON', '/sms/code', { method: 'POST', body: '{"access_token":"x","phone":"13800000000"}', headers: json }],
  [
    'a misspelt field',
    '/sms/code',
    { method: 'POST', body: '{"acess_token":"x","phone":"13800000000"}', headers: json },
  ],
  ['the query', '/user?access_token=x', {}],
  ['a misspelt parameter', '/user?acess_token=x', {}],
])('takes a token in %s, like the server', async (_where, path, request) => {
  const response = await fetch(url + path, request);
  expect([response.status, ((await response.json()) as { code: number }).code]).toEqual([200, 1]);
});

it('requires a token', async () => {
  expect((await fetch(`${url}/sms/code`, { method: 'POST', body: form })).status).toBe(400);
});
