import type { Request } from 'express';
import type { Context } from '../context.ts';
import { recordOf } from '../http/log.ts';
import { RequestInfo } from '../http/request.ts';
import type { Language } from './page.ts';

/** Where the APIs of the documentation are. No address has a slash at its end. */
export interface Addresses {
  /** `https://example.com`, below which each API has its name; undefined when only the originals are known. */
  server: string | undefined;
  /** The same for the mock. */
  mock: string | undefined;
  /** Whether the server is a sandbox, which has demo data. */
  isSandbox: boolean;
  /** Whether the server has `/mcp`. */
  hasMcp?: boolean;
  /** The docs themselves; undefined in a static site. */
  docs?: string;
}

/** What a site knows that is written for no server in particular. */
export const noServer: Addresses = { server: undefined, mock: undefined, isSandbox: false };

/** The addresses as the caller of a request reaches them. */
export function addressesOf(request: Request, { config, log }: Pick<Context, 'config' | 'log'>): Addresses {
  const { publicUrl, mockPort, sandbox, mcp } = config;
  const server = new RequestInfo(request, recordOf(request, log), publicUrl, '').serverUrl;
  // The mock has its own port. Behind a public URL only the operator knows whether that can be reached.
  const hasMock = publicUrl === undefined && mockPort !== undefined;
  const mock = hasMock ? `http://${new URL(server).hostname}:${mockPort}` : undefined;
  return { server, mock, isSandbox: sandbox, hasMcp: mcp, docs: `${server}/docs` };
}

const texts = {
  zh: { sandbox: '这台服务器，带演示数据', server: '这台服务器', mock: '它的模拟服务，按示例回答' },
  en: {
    sandbox: 'This server, with demo data',
    server: 'This server',
    mock: 'Its mock, which answers from the examples',
  },
};

interface ServerObject {
  url: string;
  description?: string;
}

/** The addresses that the contracts themselves name: of a server and a mock on the reader's own machine. */
const LOCAL = 'http://127.0.0.1:3000';
const LOCAL_MOCK = 'http://127.0.0.1:4010';

/** Stands in examples for a server whose address is not known; no site has a name below `.example` (RFC 2606). */
const UNKNOWN = 'https://qiyue.example';

/**
 * A contract with the addresses of one site. Its servers are this one, the mock and the original, so far as they are
 * known. OAuth's addresses and those in examples are of the first one.
 */
export function withAddresses<C extends object>(name: string, contract: C, language: Language, at: Addresses): C {
  const { servers = [] } = contract as { servers?: ServerObject[] };
  const original = servers.find(({ url }) => !url.startsWith(LOCAL) && !url.startsWith(LOCAL_MOCK));
  const server = at.server && `${at.server}/${name}`;
  const text = texts[language];
  const own: ServerObject[] = [
    ...(server ? [{ url: server, description: at.isSandbox ? text.sandbox : text.server }] : []),
    ...(at.mock ? [{ url: `${at.mock}/${name}`, description: text.mock }] : []),
    ...(original ? [original] : []),
  ];
  const copy = mapTexts(contract, (value) => toAddress(value, name, original?.url, at)) as C & {
    servers?: ServerObject[];
    components?: { securitySchemes?: Record<string, { flows?: Record<string, Record<string, unknown>> }> };
  };
  // Without any address, that of the page stands.
  copy.servers = own.length > 0 ? own : [{ url: `/${name}` }];
  if (server && original) {
    for (const { flows = {} } of Object.values(copy.components?.securitySchemes ?? {}))
      for (const flow of Object.values(flows))
        for (const key of ['authorizationUrl', 'tokenUrl', 'refreshUrl'])
          if (typeof flow[key] === 'string') flow[key] = flow[key].replace(original.url, server);
  }
  return copy;
}

/** An AsyncAPI document with the address of the server. Ports of its own keep their numbers. */
export function withSocketAddresses<D extends object>(document: D, { server = UNKNOWN }: Addresses): D {
  const { protocol, host, hostname, pathname } = new URL(server);
  const copy = structuredClone(document) as D & { servers?: Record<string, Record<string, string>> };
  for (const one of Object.values(copy.servers ?? {})) {
    if (one.host === undefined) continue;
    if (one.pathname === undefined) {
      one.host = one.host.replace('127.0.0.1', hostname);
    } else {
      one.host = host;
      one.protocol = protocol === 'https:' ? 'wss' : 'ws';
      one.pathname = pathname.replace(/\/$/, '') + one.pathname;
    }
  }
  return copy;
}

/** A text of a guide with the addresses of this site. Lines for nginx name the server behind it. */
export const withServer = (text: string, at: Addresses): string =>
  text
    .split(/(^```nginx\n.*?^```$)/ms)
    .map((part) => (part.startsWith('```nginx') ? part : toAddress(part, '', undefined, at)))
    .join('');

/** One text of a contract: the addresses in it are of this site. */
function toAddress(text: string, name: string, original: string | undefined, { server, mock }: Addresses): string {
  if (!text.includes('127.0.0.1')) return text;
  const ofApi = server === undefined ? original : undefined;
  const base = server ?? UNKNOWN;
  return text
    .replaceAll(`${LOCAL}/${name}`, ofApi ?? `${base}/${name}`)
    .replaceAll(LOCAL_MOCK, mock ?? base)
    .replaceAll(LOCAL, base)
    .replaceAll(new URL(LOCAL).host, new URL(base).host);
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapTexts(child, change)]));
}
