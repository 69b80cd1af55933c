import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { annotateContract } from '../../src/docs/contract.ts';
import { serveDocs } from '../../src/docs/serve.ts';
import { describeSocket } from '../../src/docs/socket.ts';
import { gobelieve } from '../../src/gobelieve/index.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import { tower } from '../../src/tower/index.ts';
import { ucenter } from '../../src/ucenter/index.ts';

describe('the socket of an API', () => {
  it('is a chapter of the reference, with the fields of each message in their order', async () => {
    const { info } = await annotateContract('gobelieve', gobelieve.contract, 'en');
    const description = info.description ?? '';
    expect(description).toContain('\n# Socket\n');
    const row = /^\| 4 \| peerMessage \| .*$/m.exec(description)?.[0];
    expect(row).toContain('to the server<br>to the device');
    expect(row).toContain('sender: int64<br>receiver: int64<br>timestamp: int32<br>localId: int32<br>content: text');
    expect(description).toMatch(/^\| 15 \| login \| to the server \|.*platform: int8<br>token: int8 \+ text/m);
    const chinese = await annotateContract('gobelieve', gobelieve.contract, 'zh');
    expect(chinese.info.description).toContain('\n# 长连接\n');
  });

  it('of JSON names its messages by their type', async () => {
    const { info } = await annotateContract('ppmessage', ppmessage.contract, 'en');
    expect(info.description).toMatch(
      /^\| typing_watch \| typingWatch \| to the server \|.*conversation_uuid: text \|$/m,
    );
    expect(info.description).toMatch(/^\| ACK \| acknowledgement \| to the device \|.*code: integer/m);
  });

  it('is missing where the API has none', async () => {
    const { info } = await annotateContract('tower', tower.contract, 'en');
    expect(info.description).not.toContain('# Socket');
  });

  it('shows a message without fields', () => {
    const ping = { summary: 'A heartbeat.', 'x-command': 13, payload: {} };
    const components = { messages: { ping }, schemas: {} };
    const chapter = describeSocket({ info: { title: '', description: '' }, operations: {}, components }, 'en');
    expect(chapter).toContain('| 13 | ping |  | A heartbeat. |  |');
  });

  it('can be downloaded in both languages', async () => {
    const server = createServer(
      express().use('/docs', serveDocs([gobelieve, ucenter], { config: readConfig([], {}) } as Context)),
    );
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const read = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/docs/${path}`);
    for (const [path, title] of [
      ['gobelieve/asyncapi.json', 'GoBelieve 长连接'],
      ['gobelieve/en/asyncapi.json', 'GoBelieve socket'],
    ] as const) {
      const response = await read(path);
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, expect.stringMatching(/json/)]);
      expect(await response.json()).toMatchObject({ asyncapi: '3.0.0', info: { title } });
    }
    expect((await read('ucenter/asyncapi.json')).status).toBe(404);
  });
});
