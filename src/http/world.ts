import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import type { Context } from '../context.ts';
import { allowAnyOrigin } from './cors.ts';
import { presetHeaders, setPreset } from './preset-headers.ts';

/** One set of data behind the addresses of this server: the outside, or one of the sandbox's isolated worlds. */
export interface World {
  /** Undefined outside. */
  readonly id: string | undefined;
  /** Its services. A reset replaces them. */
  readonly context: Context;
  /** Counts a request or a connection until the returned function is called. */
  enter(): () => void;
}

export interface Worlds {
  readonly outside: World;
  find(id: string): World | undefined;
}

/** Where a request is: in which world, and by which kind of address. */
export interface Place {
  world: World;
  /** The services of the world when the request came. */
  context: Context;
  /** The path in front of the addresses: `/w/a1b2c3`; '' where a header or the host names the world. */
  prefix: string;
  /** The API of a host name such as `tower.a1b2c3.localhost`. */
  api: string | undefined;
  /** A header names the world: others share its addresses. */
  isByHeader: boolean;
}

const placeKey = Symbol('place');
type Placed = IncomingMessage & { [placeKey]?: Place };

/** Undefined where there is no sandbox. */
export const placeOf = (request: IncomingMessage): Place | undefined => (request as Placed)[placeKey];

/** A request that is in no world. */
export interface Misplaced {
  status: 400 | 404;
  error: 'invalid_request' | 'world_gone';
  message: string;
  details?: { path: string; message: string }[];
}

/** In the metadata of an issuer the well-known path stands in front of the issuer's (RFC 8414, section 3.1). */
const IN_PATH = /^(\/\.well-known\/[^/?]+(?:\/[^?]*?)?)?\/w\/([^/?]+)(.*)$/s;

/** `tower.a1b2c3.localhost`, with any port. */
const IN_HOST = /^([^.:]+)\.([^.:]+)\.localhost(?::\d+)?$/i;

/**
 * Finds the world that a request names, by its path, its host or the header `Qiyue-World` (S-4).
 *
 * @param hosts API name by host name
 * @returns its place and its URL inside of it, or why there is none
 */
export function findPlace(
  { url = '/', headers }: IncomingMessage,
  worlds: Worlds,
  hosts: ReadonlyMap<string, string>,
): { place: Place; url: string } | Misplaced {
  const { host = '' } = headers;
  const isApiHost = hosts.has(host.replace(/:\d+$/, '').toLowerCase());
  const [, wellKnown = '', inPath, rest = ''] = (isApiHost ? null : IN_PATH.exec(url)) ?? [];
  const [, label = '', inHost] = IN_HOST.exec(host) ?? [];
  const api = inHost === undefined ? undefined : hosts.get(`${label.toLowerCase()}.localhost`);
  const inAddress = inPath ?? (api === undefined ? undefined : inHost?.toLowerCase());
  const inHeader = headers['qiyue-world'];
  const id = inAddress ?? inHeader;
  if (id === undefined || Array.isArray(id)) return { place: outsidePlace(worlds), url };
  if (inHeader !== undefined && inHeader !== id) {
    const message = `must be ${id}, as in the address, or be left out`;
    const path = '/headers/qiyue-world';
    return { status: 400, error: 'invalid_request', message: `qiyue-world ${message}`, details: [{ path, message }] };
  }
  const world = worlds.find(id);
  if (world === undefined)
    return {
      status: 404,
      error: 'world_gone',
      message: `There is no world ${id}, or no longer; worlds end with the server`,
    };
  return {
    place: {
      world,
      context: world.context,
      prefix: inPath === undefined ? '' : `/w/${id}`,
      api: inPath === undefined ? api : undefined,
      isByHeader: inAddress === undefined,
    },
    url: inPath === undefined ? url : (wellKnown + rest).replace(/^(?!\/)/, '/'),
  };
}

const outsidePlaces = new WeakMap<Context, Place>();

/** One object for each context: most requests are outside. */
function outsidePlace({ outside: world }: Worlds): Place {
  const { context } = world;
  const known = outsidePlaces.get(context);
  if (known !== undefined) return known;
  const place = { world, context, prefix: '', api: undefined, isByHeader: false };
  outsidePlaces.set(context, place);
  return place;
}

/** Whether a request can be in another world than the outside; a quick look, because most are not. */
const mayBeElsewhere = ({ url = '', headers }: IncomingMessage) =>
  url.startsWith('/w/') ||
  headers['qiyue-world'] !== undefined ||
  IN_HOST.test(headers.host ?? '') ||
  (url.startsWith('/.well-known/') && url.includes('/w/'));

const allowOrigins = allowAnyOrigin(false);

/**
 * Leads a request into its world, where it has the URL that it would have outside. Not a handler of its own: that would
 * cost each request two per cent.
 *
 * @returns whether it is in a world; otherwise it is answered
 */
export function enterWorld(
  request: Request,
  response: Response,
  worlds: Worlds,
  hosts: ReadonlyMap<string, string>,
): boolean {
  const placed = request as Placed;
  if (!mayBeElsewhere(request)) {
    placed[placeKey] = outsidePlace(worlds);
    return true;
  }
  const found = findPlace(request, worlds, hosts);
  if ('status' in found) {
    const { status, ...body } = found;
    // Pages of other origins see the error only when their preflight succeeds.
    allowOrigins(request, response, () => {
      presetHeaders(response, ['Cache-Control', 'no-store']);
      setPreset(response);
      response.status(status).json(body);
    });
    return false;
  }
  const { world, prefix } = found.place;
  if (prefix !== '' && request.url.split('?', 1)[0] === prefix) {
    // Links on the page are relative.
    response.redirect(308, `${world.id}/${found.url.slice(1)}`);
    return false;
  }
  placed[placeKey] = found.place;
  request.url = found.url;
  if (world.id !== undefined) response.once('close', world.enter());
  return true;
}
