import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFuzz } from './command.ts';

/** A server that keeps what it receives, byte by byte, and answers what the test says. */
let server: Server;
let url: string;
let received: string[];
let answer: (request: IncomingMessage, body: Buffer) => number;

beforeEach(async () => {
  received = [];
  answer = () => 404;
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    received.push(JSON.stringify([request.method, request.url, request.rawHeaders, body.toString('base64')]));
    const id = '0f6c2b1e-5d0a-4c39-9a57-2f1c7be0d3a4';
    response.writeHead(answer(request, body), { 'Content-Type': 'application/json', 'X-Request-Id': id });
    response.end(JSON.stringify({ meta: { code: 404, message: 'x' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gobelieve`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function fuzz(...args: string[]) {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await runFuzz(args, { log: (line) => output.push(line), error: (line) => errors.push(line) });
  return { code, output: output.join('\n'), errors: errors.join('\n') };
}

const onCreateGroup = ['--api', 'gobelieve', '--operation', 'createGroup'];

describe('npm run fuzz', () => {
  it('sends the number of requests that --runs says, the same bytes for the same seed, and others for another seed', async () => {
    const sentWith = async (seed: string) => {
      received = [];
      await fuzz(...onCreateGroup, '--url', url, '--runs', '150', '--seed', seed);
      // The first request asks whether there is a server.
      return received.slice(1);
    };
    const first = await sentWith('7');
    expect(first.length).toBe(150);
    expect(await sentWith('7')).toEqual(first);
    expect(await sentWith('8')).not.toEqual(first);
  });

  it('sends the same bytes whatever the server answers', async () => {
    await fuzz(...onCreateGroup, '--url', url, '--runs', '60', '--seed', '7');
    const first = received;
    received = [];
    answer = () => 500;
    await fuzz(...onCreateGroup, '--url', url, '--runs', '60', '--seed', '7');
    expect(received).toEqual(first);
  });

  it('prints a line for curl and the seed, and both send the request again', async () => {
    answer = (request) => (request.method === 'PUT' ? 500 : 404);
    const { code, errors } = await fuzz(...onCreateGroup, '--url', url, '--runs', '60', '--seed', '7');
    expect(code).toBe(1);
    const failure = errors.split('\n\n').find((one) => one.includes('the server answers 500')) as string;
    const [, curl = '', again = ''] = failure.split('\n').map((line) => line.trim());
    expect(curl).toMatch(/^curl -X PUT 'http/);
    expect(again).toMatch(/^npm run fuzz -- --api gobelieve --operation createGroup --seed 7 --run \d+ --url /);
    const sent = received.filter((one) => one.startsWith('["PUT"')).at(0);

    received = [];
    await promisify(execFile)('bash', ['-c', curl]);
    const [method, path, , body] = JSON.parse(received[0] as string);
    expect([method, path, body]).toEqual([
      JSON.parse(sent as string)[0],
      ...JSON.parse(sent as string).filter((_: unknown, i: number) => i === 1 || i === 3),
    ]);

    received = [];
    const replayed = await fuzz(
      ...(again
        .split(' -- ')[1]
        ?.split(' ')
        .map((word) => word.replaceAll("'", '')) ?? []),
    );
    expect(replayed.code).toBe(1);
    expect(received.slice(1)).toEqual([sent]);
  });

  it('finds a server that needs no credentials, takes what the contract forbids and answers other methods', async () => {
    answer = () => 200;
    const { errors } = await fuzz(...onCreateGroup, '--url', url, '--runs', '60');
    for (const problem of ['another method gets 200 instead of 405', 'must have required property'])
      expect(errors).toContain(problem);
  });

  it('finds nothing on its own server', async () => {
    const { code, output, errors } = await fuzz(...onCreateGroup, '--runs', '40', '--seed', '7');
    expect(errors).toBe('');
    expect(output).toMatch(/^gobelieve: 1 operations, 40 requests, seed 7, .* 0 failures$/);
    expect(code).toBe(0);
  });

  it.each([
    [['--api', 'nothing'], '--api must be one of tower, '],
    [['--api', 'tower', '--operation', 'nothing'], 'tower has no operation nothing'],
    [['--api', 'tower', '--runs', 'many'], '--runs must be a whole number'],
    [['--operation', 'createGroup'], '--operation and --url need --api'],
    [['--api', 'tower', '--url', 'nowhere'], '--url must be an address'],
    [['--api', 'tower', '--credentials', 'file'], '--credentials needs --url'],
    [
      ['--api', 'tower', '--url', 'http://127.0.0.1:9', '--credentials', 'no/file'],
      'http://127.0.0.1:9 does not answer',
    ],
    [['--loud'], "Unknown option '--loud'"],
  ])('says what is wrong with %j, and ends with 2', async (args, message) => {
    const { code, errors } = await fuzz(...args);
    expect([code, errors]).toEqual([2, expect.stringContaining(message)]);
  });
});
