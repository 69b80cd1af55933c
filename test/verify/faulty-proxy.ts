import { createServer, request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Judge } from '../../src/verify/judge.ts';

/** An answer on its way to the caller. */
export interface Passing {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A request on its way to the server. */
export interface Asked {
  method: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A fault of one operation. */
export interface Fault {
  operation: string;
  /** Changes the request. */
  ask?(asked: Asked): Asked;
  /** Changes the answer; `cut` ends the connection within the body, `none` before the answer. */
  answer?(passing: Passing, asked: Asked): Passing | 'none' | 'cut' | Promise<Passing>;
}

export interface FaultyProxy {
  /** The base of the API. */
  url: string;
  /** All requests, as `METHOD path`. */
  requests: string[];
  /** The tokens that the server has answered, and the credentials that it was sent. */
  secrets: Set<string>;
  close(): Promise<void>;
}

/** A proxy before the base of an API that plants faults. */
export async function startFaultyProxy(base: string, judge: Judge, faults: readonly Fault[]): Promise<FaultyProxy> {
  const target = new URL(base);
  const requests: string[] = [];
  const secrets = new Set<string>();
  const templates = [...judge.operations.values()].map(({ id, method, path }) => ({
    id,
    method,
    pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/{[^}]+}/g, '[^/]+')}$`),
  }));
  const faultOf = (method: string, path: string) => {
    const found = templates.find((one) => one.method === method && one.pattern.test(path));
    return faults.find(({ operation }) => operation === found?.id);
  };
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const path = url.split('?', 1)[0] ?? '';
    requests.push(`${method} ${path}`);
    const fault = faultOf(method, path);
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const sent: Asked = { method, headers: { ...incoming.headers }, body: Buffer.concat(chunks) };
      const [, sentToken] = /^\S+ (.{16,})$/.exec(incoming.headers.authorization ?? '') ?? [];
      if (sentToken !== undefined) secrets.add(sentToken);
      const asked = fault?.ask?.(sent) ?? sent;
      const { hostname, port } = target;
      const headers = { ...asked.headers, 'content-length': String(asked.body.length) };
      if (asked.body.length === 0 && incoming.headers['content-length'] === undefined)
        delete (headers as Asked['headers'])['content-length'];
      const forwarded = open({ hostname, port, path: target.pathname + url, method, headers }, (response) => {
        const { statusCode: status = 0, headers } = response;
        const parts: Buffer[] = [];
        let hasPassed = false;
        const pass = async () => {
          if (hasPassed) return;
          hasPassed = true;
          for (const [, token] of Buffer.concat(parts)
            .toString()
            .matchAll(/"(?:access|refresh)_token":"([^"]+)"/g))
            secrets.add(token as string);
          const passing: Passing = { status, headers: { ...headers }, body: Buffer.concat(parts) };
          const changed = (await fault?.answer?.(passing, asked)) ?? passing;
          if (changed === 'none') return incoming.socket.destroy();
          const { status: code, headers: own, body } = changed === 'cut' ? passing : changed;
          const others = Object.entries(own).filter(
            ([key, value]) => key !== 'transfer-encoding' && value !== undefined,
          );
          const length = method === 'HEAD' || code === 204 || code === 304 ? {} : { 'content-length': body.length };
          outgoing.writeHead(code, { ...Object.fromEntries(others), ...length } as Record<string, string>);
          if (changed !== 'cut') return outgoing.end(method === 'HEAD' ? undefined : body);
          return outgoing.write(body.subarray(0, 5), () => incoming.socket.destroy());
        };
        const isStream = headers['content-type']?.startsWith('text/event-stream');
        response.on('data', (chunk: Buffer) => {
          parts.push(chunk);
          if (!isStream) return;
          response.destroy();
          void pass();
        });
        response.on('end', () => void pass());
      });
      forwarded.on('error', () => incoming.socket.destroy());
      forwarded.end(asked.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    secrets,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
