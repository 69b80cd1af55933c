import { isUniqueViolation } from '../database/transact.ts';
import { HttpError } from '../errors.ts';
import type { SeedContext, SeedKind } from '../http/api.ts';
import { fieldError } from '../http/field-error.ts';
import { prepareClient } from '../oauth/clients/clients.ts';
import { seedRedirectUris } from '../oauth/clients/seed-client.ts';
import { commentOnTodo, commentOnTopic } from './model/comments.ts';
import { addMember, type Member, requireMember } from './model/members.ts';
import { createProject, requireProject } from './model/projects.ts';
import { isBlankHtml, sanitizeHtml } from './model/rich-text.ts';
import { foundTeam } from './model/teams.ts';
import { createTodo, setCompletion } from './model/todo-changes.ts';
import { createTodolist, requireTodolist } from './model/todolists.ts';
import { requireTodo } from './model/todos.ts';
import { createTopic, requireTopic } from './model/topics.ts';
import { createUser, getUser } from './model/users.ts';
import { requireText } from './model/values.ts';
import { profile } from './profile.ts';
import { fromHtml, fromTodo } from './wire/todo-changes.ts';

interface NewUser {
  username: string;
  password?: string;
  nickname?: string;
  two_step?: boolean;
}

interface NewProject {
  team: string;
  creator: string;
  name: string;
  desc?: string;
  members?: readonly string[];
}

interface NewTodo {
  todolist: string;
  creator: string;
  content: string;
  desc?: string;
  assignee?: string;
  parent?: string;
  start_at?: string;
  due_at?: string;
  priority?: 'highest' | 'higher' | 'normal' | 'lower';
  completed?: boolean;
}

interface NewComment {
  todo?: string;
  topic?: string;
  creator: string;
  content: string;
}

const users: SeedKind = {
  async create(entry: NewUser, context) {
    const { derived } = context;
    const { username, nickname = username, two_step: secondStep = false } = entry;
    const { password = derived.alphanumeric(12, 'password') } = entry;
    const user = { id: derived.hex(16), username, password, nickname, secondStep };
    const { id } = await createUser(context, user).catch(takes('username', 'is taken'));
    return { id, person: { name: nickname, ...(secondStep && { state: 'two_step' }), username, password } };
  },
};

const teams: SeedKind = {
  names: { owner: ['users'] },
  async create({ name, owner }: { name: string; owner: string }, context) {
    const user = await getUser(context.database, owner);
    const { derived } = context;
    const ids = { id: derived.hex(16), memberId: derived.hex(16, 'owner') };
    return { id: (await foundTeam(requireText(name, '/name'), user, context, ids)).id };
  },
};

const members: SeedKind = {
  names: { team: ['teams'], user: ['users'] },
  async create(entry: { team: string; user: string; role?: Member['role'] }, { clock, database, derived }) {
    const id = derived.hex(16);
    const user = await getUser(database, entry.user);
    const member = { id, teamId: entry.team, user, role: entry.role ?? 'member' } as const;
    await addMember(database, member, clock.now()).catch(takes('user', 'is a member of the team already'));
    return { id };
  },
};

const apps: SeedKind = {
  names: { team: ['teams'] },
  async create(entry: { team: string; name: string; redirect_uris?: readonly string[] }, context) {
    const redirectUris = seedRedirectUris(entry.redirect_uris);
    const { row, secret } = await prepareClient(context, profile, {
      id: context.derived.hex(32),
      secret: context.derived.hex(32, 'secret'),
      name: entry.name,
      ownerId: entry.team,
      redirectUris,
    });
    await context.database.insertInto('oauth_clients').values(row).execute();
    return { id: row.id, app: { client_id: row.id, client_secret: secret, redirect_uri: redirectUris[0] } };
  },
};

const projects: SeedKind = {
  names: { team: ['teams'], creator: ['users'], members: ['users'] },
  async create({ team, creator, name, desc, members = [] }: NewProject, context) {
    const memberIds = [];
    for (const user of members) memberIds.push((await memberOf(team, user, 'members', context)).id);
    const caller = await memberOf(team, creator, 'creator', context);
    const ids = { id: newId(context), todolistId: newId(context, 'todolist') };
    const project = { ...ids, name: requireText(name, '/name'), description: desc, memberIds };
    return { id: (await createProject(caller, project, context)).id };
  },
};

const todolists: SeedKind = {
  inTime: true,
  names: { project: ['projects'], creator: ['users'] },
  async create(entry: { project: string; creator: string; name: string; desc?: string }, context) {
    const inProject = await seen(requireProject(entry.project, entry.creator, context));
    const list = {
      id: newId(context),
      name: requireText(entry.name, '/name'),
      description: (await fromHtml(entry.desc)) ?? null,
    };
    return { id: (await createTodolist(inProject, list, context)).id };
  },
};

const todos: SeedKind = {
  inTime: true,
  names: { todolist: ['todolists'], creator: ['users'], assignee: ['users'], parent: ['todos'] },
  async create({ todolist, creator, assignee, parent, completed = false, ...written }: NewTodo, context) {
    const inTodolist = await seen(requireTodolist(todolist, creator, context));
    const { team_id: team } = inTodolist.project;
    const assigned = assignee === undefined ? undefined : await memberOf(team, assignee, 'assignee', context);
    const fields = await fromTodo({ ...written, assignee_id: assigned?.id, parent_id: parent });
    const content = requireText(written.content, '/content');
    const todo = await createTodo(inTodolist, { ...fields, id: newId(context), content }, context);
    if (completed) await setCompletion({ ...inTodolist, caller: assigned ?? inTodolist.caller, todo }, true, context);
    return { id: todo.id };
  },
};

const topics: SeedKind = {
  inTime: true,
  names: { project: ['projects'], creator: ['users'] },
  async create(entry: { project: string; creator: string; title: string; content?: string }, context) {
    const inProject = await seen(requireProject(entry.project, entry.creator, context));
    const content = await sanitizeHtml(entry.content ?? '');
    const topic = { id: newId(context), title: requireText(entry.title, '/title'), content, pointer: '' };
    return { id: (await createTopic(inProject, topic, context)).id };
  },
};

const comments: SeedKind = {
  inTime: true,
  names: { todo: ['todos'], topic: ['topics'], creator: ['users'] },
  async create({ todo, topic, creator, content: written }: NewComment, context) {
    if ((todo === undefined) === (topic === undefined))
      throw fieldError('todo', 'or topic must be there, and not both');
    const content = await sanitizeHtml(written);
    if (isBlankHtml(content)) throw fieldError('content', 'must not be blank');
    const id = newId(context);
    const comment =
      todo === undefined
        ? await commentOnTopic(await seen(requireTopic(topic as string, creator, context)), content, context, id)
        : await commentOnTodo(await seen(requireTodo(todo, creator, context)), content, context, id);
    return { id: comment.id };
  },
};

export const seed = { users, teams, members, apps, projects, todolists, todos, topics, comments };

/** Handler for `catch`: says which field has a value that is there already. */
const takes =
  (field: string, message: string) =>
  (error: unknown): never => {
    throw isUniqueViolation(error) ? fieldError(field, message, 'conflict') : error;
  };

/** In the form of the ids that Tower makes. */
const newId = ({ derived }: SeedContext, part?: string): string => derived.sortableId(part).replaceAll('-', '');

/** Something that its creator has to see. */
const seen = <Found>(found: Promise<Found>): Promise<Found> =>
  found.catch((error: unknown) => {
    throw error instanceof HttpError
      ? fieldError('creator', 'must be a member of the project, or an owner or admin of the team')
      : error;
  });

/** @param field with the user */
const memberOf = (team: string, user: string, field: string, context: SeedContext): Promise<Member> =>
  requireMember(team, user, context).catch((error: unknown) => {
    throw error instanceof HttpError ? fieldError(field, 'must name members of the team') : error;
  });
