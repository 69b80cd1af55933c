import { expect } from 'vitest';
import type { Person, Tower } from '../oauth/flow.ts';

export interface Identifier {
  id: string;
  type: string;
}

export interface Resource extends Identifier {
  // biome-ignore lint/suspicious/noExplicitAny: tests compare the attributes of any resource
  attributes: Record<string, any>;
  relationships?: Record<string, { data: Identifier | Identifier[] | null }>;
}

export interface Answer<Data = Resource> {
  status: number;
  data: Data;
  included: Resource[];
  links: { self: string; first: string; prev: string | null; next: string | null; last?: string };
  errors: { status: string; title: string; detail: string; source?: { pointer?: string; parameter?: string } }[];
}

/** A signed-in user, as a client of `/api/v1`. Every successful answer is checked to be a JSON:API document (T-38). */
export class Caller {
  private readonly tower: Tower;
  private readonly headers: Record<string, string>;
  readonly accessToken: string;

  constructor(tower: Tower, accessToken: string) {
    this.tower = tower;
    this.accessToken = accessToken;
    this.headers = { Authorization: `Bearer ${accessToken}` };
  }

  static async signIn(tower: Tower, person?: Person): Promise<Caller> {
    return new Caller(tower, (await tower.signIn(person)).access_token);
  }

  get = <Data = Resource>(path: string) => this.send<Data>('GET', path);
  list = (path: string) => this.send<Resource[]>('GET', path);
  post = <Data = Resource>(path: string, body?: unknown) => this.send<Data>('POST', path, body);
  patch = <Data = Resource>(path: string, body?: unknown) => this.send<Data>('PATCH', path, body);
  delete = (path: string) => this.send<Resource>('DELETE', path);

  /** Answers that are no JSON:API documents. */
  getPlain = <Body>(path: string) => this.sendPlain<Body>('GET', path);
  postPlain = <Body>(path: string, body: unknown) => this.sendPlain<Body>('POST', path, body);

  private async sendPlain<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.fetch(method, path, body);
    const answer = await response.text();
    expect([response.status, answer]).toEqual([200, answer]);
    return JSON.parse(answer) as Body;
  }

  private async send<Data>(method: string, path: string, body?: unknown): Promise<Answer<Data>> {
    const response = await this.fetch(method, path, body);
    const text = await response.text();
    if (response.status === 204) expect(text).toBe('');
    const document = text === '' ? {} : JSON.parse(text);
    if (response.status === 200) expectDocument(document);
    else if (response.status !== 204) expect(document.errors[0]?.status, text).toBe(String(response.status));
    return { status: response.status, ...document };
  }

  /** @param path below `/api/v1`, or a whole URL */
  private fetch(method: string, path: string, body?: unknown): Promise<Response> {
    const url = path.startsWith('http') ? path : `${this.tower.url}/api/v1${path}`;
    return fetch(url, {
      method,
      headers: { ...this.headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

const keyOf = ({ type, id }: Identifier) => `${type} ${id}`;

const linksOf = (resources: readonly Resource[]) =>
  resources.flatMap(({ relationships = {} }) =>
    Object.values(relationships).flatMap(({ data }) => [data ?? []].flat().map(keyOf)),
  );

/** Each resource once, and included only when something points to it. */
function expectDocument({
  data,
  included,
  jsonapi,
}: {
  data: Resource | Resource[];
  included: Resource[];
  jsonapi: unknown;
}) {
  expect(jsonapi).toEqual({ version: '1.0' });
  const all = [data, included].flat();
  expect(new Set(all.map(keyOf)).size).toBe(all.length);
  const links = new Set(linksOf(all));
  expect(included.filter((resource) => !links.has(keyOf(resource)))).toEqual([]);
}

/** The ids of resources, in their order. */
export const idsOf = (resources: readonly Identifier[]) => resources.map(({ id }) => id);

/** Reads all pages by their `next` links. */
export async function readPages(caller: Caller, path: string): Promise<Resource[][]> {
  const pages: Resource[][] = [];
  for (let next: string | null = path; next !== null; ) {
    const { data, links }: Answer<Resource[]> = await caller.list(next);
    pages.push(data);
    next = links.next;
  }
  return pages;
}
