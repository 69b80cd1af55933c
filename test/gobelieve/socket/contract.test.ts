import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sockets } from '../../../src/gobelieve/socket/index.ts';
import { commands } from '../../../src/gobelieve/socket/protocol.ts';

const read = (file: string) =>
  parse(readFileSync(new URL(`../../../openapi/gobelieve/${file}`, import.meta.url), 'utf8'));
const { 'x-socket': socket } = read('openapi.yaml');

/** The contract names the socket, and the AsyncAPI document beside it describes it. */
describe('x-socket', () => {
  it('has the path and the ports of the server', () => {
    const { IM_PORT, IM_TLS_PORT, IM_WS_PORT, IM_WS_TLS_PORT } = sockets.ports;
    expect(socket).toMatchObject({
      path: sockets.path,
      ports: {
        tcp: IM_PORT?.port,
        tls: IM_TLS_PORT?.port,
        ws: IM_WS_PORT?.port,
        wss: IM_WS_TLS_PORT?.port,
      },
    });
  });

  it('leads to a document that has every command of the server, and no other', () => {
    const { asyncapi, channels, components } = read(socket.asyncapi) as {
      asyncapi: string;
      channels: { socket: { address: string } };
      components: { messages: Record<string, { 'x-command': number }> };
    };
    expect([asyncapi, channels.socket.address]).toEqual(['3.0.0', sockets.path]);
    const described = Object.values(components.messages).map((message) => message['x-command']);
    // A frame without an effect, which clients of 2014 send.
    const { oldHeartbeat, ...others } = commands;
    expect(described.sort((one, other) => one - other)).toEqual(
      Object.values(others).sort((one, other) => one - other),
    );
    expect(described).not.toContain(oldHeartbeat);
  });
});
