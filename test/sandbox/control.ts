import { request } from 'node:http';
import { expect } from 'vitest';

/** What a world answers with when it is made. */
export interface MadeWorld {
  id: string;
  base_url: string;
  expires_at: string;
}

/** Sends a control call and returns the answer. */
export const control = (url: string, method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${url}/sandbox${path}`, {
    method,
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });

export async function makeWorld(url: string, body: unknown = {}): Promise<MadeWorld> {
  const response = await control(url, 'POST', '/worlds', body);
  expect(response.status).toBe(201);
  return (await response.json()) as MadeWorld;
}

const teamId = 'd0000000000000000000000000000001';

/** An access token of Tower's demo user. */
export async function signIn(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${url}/tower/oauth/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'tower-demo-client',
      client_secret: 'tower-demo-secret',
      username: 'demo@tower.example',
      password: 'demo-password',
    }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { access_token: string }).access_token;
}

/** Causes a message: Tower sends a person with two-step verification a code. */
export async function causeMessage(url: string): Promise<void> {
  const { tower } = (await (await control(url, 'GET', '/credentials')).json()) as {
    tower: {
      client_id: string;
      client_secret: string;
      people: { state?: string; username: string; password: string }[];
    };
  };
  const { client_id, client_secret, people } = tower;
  const { username, password } = people.find(({ state }) => state === 'two_step') as (typeof people)[number];
  const body = new URLSearchParams({ grant_type: 'password', client_id, client_secret, username, password });
  const { status } = await fetch(`${url}/tower/oauth/token`, { method: 'POST', body });
  expect(status).toBe(401);
}

/** The status of a call with a token of Tower. */
export async function statusOf(url: string, token: string, headers: Record<string, string> = {}): Promise<number> {
  const authorization = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/tower/api/v1/teams/${teamId}/member`, {
    headers: { ...headers, ...authorization },
  });
  await response.text();
  return response.status;
}

/** Names of the projects of the demo team. */
export async function projectsOf(url: string, token: string): Promise<string[]> {
  const response = await fetch(`${url}/tower/api/v1/teams/${teamId}/projects`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const { data } = (await response.json()) as { data: { attributes: { name: string } }[] };
  return data.map(({ attributes }) => attributes.name);
}

export async function createProject(url: string, token: string, name: string): Promise<void> {
  const response = await fetch(`${url}/tower/api/v1/teams/${teamId}/projects`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ project: { name } }),
  });
  expect(response.status).toBe(200);
}

/** Sends what `fetch` cannot: another host name, and headers that only a browser sets. */
export function ask(
  url: string,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers, method }, async (response) => {
      resolve({ status: response.statusCode ?? 0, text: (await response.toArray()).join('') });
    })
      .on('error', reject)
      .end();
  });
}
