import { createHash } from 'node:crypto';
import { beforeAll, expect } from 'vitest';
import { useTower } from '../oauth/flow.ts';
import type { TestDatabases } from '../support/databases.ts';
import { Caller } from './caller.ts';

/** People of the demo team, each signed in, and one outside of it. */
export interface Team {
  tower: ReturnType<typeof useTower>;
  /** The owner. */
  owner: Caller;
  admin: Caller;
  /** Two plain members. */
  lin: Caller;
  chen: Caller;
  outsider: Caller;
  /** Their members' ids. */
  ids: Record<'owner' | 'admin' | 'lin' | 'chen', string>;
  teamId: string;
  /** A new project of the owner, with these members. */
  project(memberIds?: string[], name?: string): Promise<string>;
  /** A new list in a project. */
  todolist(projectId: string, name?: string): Promise<string>;
  /** A new todo of the owner. */
  todo(todolistId: string, todo?: Record<string, unknown>): Promise<string>;
  /** Reserves a place for a file. */
  reserve(caller: Caller, content: string | Buffer, filename?: string): Promise<Form>;
  /** The guid of a file that is stored and not used yet. */
  storeFile(caller: Caller, content: string | Buffer, filename?: string): Promise<string>;
}

/** The form of a direct upload. */
export interface Form {
  guid: string;
  directUpload: Record<'OSSAccessKeyId' | 'policy' | 'Signature' | 'url' | 'callback' | 'key', string>;
}

/** Sends a form with its file to the store. */
export async function sendForm({ directUpload: { url, ...fields } }: Form, content: string | Buffer) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([content as BlobPart]), 'ignored');
  const response = await fetch(url, { method: 'POST', body: form });
  return { status: response.status, body: await response.json() };
}

/** Starts a server whose demo team has two more members and an admin. */
export function useTeam(databases: TestDatabases, environment: Record<string, string> = {}): Team {
  const tower = useTower(databases, environment);
  const team = { tower } as Team;
  beforeAll(async () => {
    team.teamId = tower.credentials.team_id;
    team.owner = await Caller.signIn(tower);
    team.admin = await Caller.signIn(tower, await tower.addMember({ role: 'admin' }));
    team.lin = await Caller.signIn(tower, await tower.addMember());
    team.chen = await Caller.signIn(tower, await tower.addMember());
    team.outsider = await Caller.signIn(tower, tower.credentials.outsider);
    const idOf = async (caller: Caller) => (await caller.get(`/teams/${team.teamId}/member`)).data.id;
    team.ids = {
      owner: await idOf(team.owner),
      admin: await idOf(team.admin),
      lin: await idOf(team.lin),
      chen: await idOf(team.chen),
    };
  });
  team.project = async (member_ids = [], name = '项目') =>
    (await team.owner.post(`/teams/${team.teamId}/projects`, { project: { name, desc: '', member_ids } })).data.id;
  team.todolist = async (projectId, name = '清单') =>
    (await team.owner.post(`/projects/${projectId}/todolists`, { todolist: { name } })).data.id;
  team.todo = async (todolistId, todo = {}) =>
    (await team.owner.post(`/todolists/${todolistId}/todos`, { todo: { content: '任务', ...todo } })).data.id;
  team.reserve = (caller, content, filename = 'a.txt') =>
    caller.postPlain<Form>(`/teams/${team.teamId}/direct_uploads`, {
      filename,
      byte_size: Buffer.byteLength(content),
      md5: createHash('md5').update(content).digest('hex'),
    });
  team.storeFile = async (caller, content, filename) => {
    const form = await team.reserve(caller, content, filename);
    expect((await sendForm(form, content)).status).toBe(200);
    return form.guid;
  };
  return team;
}
