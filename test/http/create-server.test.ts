import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, it } from 'vitest';
import { createServer } from '../../src/http/create-server.ts';

it('makes requests and responses with the prototypes that Express gives them', async () => {
  const prototypes: object[][] = [];
  const prototypesOf = (...objects: object[]) => objects.map((object) => Object.getPrototypeOf(object) as object);
  const app = express().use((request, response) => {
    prototypes.push(prototypesOf(request, response));
    response.json({ path: request.path, app: request.app === app && response.app === app });
  });
  const server = createServer(app).prependListener('request', (...both) => prototypes.push(prototypesOf(...both)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query`);
  server.close();
  expect(await response.json()).toEqual({ path: '/path', app: true });
  const [before = [], after = []] = prototypes;
  for (const [index, prototype] of before.entries()) expect(prototype).toBe(after[index]);
});
