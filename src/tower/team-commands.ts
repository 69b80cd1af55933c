import { writeFile } from 'node:fs/promises';
import { type Commands, command } from '../commands.ts';
import type { Database } from '../database/open.ts';
import { isUniqueViolation } from '../database/transact.ts';
import { randomAlphanumeric, randomHex } from '../secrets.ts';
import { createField, FIELD_TYPES, type FieldOption, listTeamFields, optionsOf } from './model/custom-fields.ts';
import { createLabel, listLabels } from './model/labels.ts';
import { createProject } from './model/projects.ts';

const team = { description: 'id of the team', required: true } as const;

/** Commands that move a team to another installation. What they need is loaded with them. */
export const transferCommands = {
  export: command({
    description: 'Write a team to a JSON file, without attachments and events',
    options: { team, file: { description: 'file to write, which must not exist', required: true } },
    async run({ team, file }, { database }) {
      const { exportTeam } = await import('./model/export-team.ts');
      await requireTeam(database, team);
      const content = await exportTeam(database, team);
      await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
      return { file, name: content.name, members: content.members.length, projects: content.projects?.length ?? 0 };
    },
  }),
  import: command({
    description: 'Create a team from a JSON file, all of it or nothing',
    options: { file: { description: 'what team export has written, or a file of the same format', required: true } },
    async run({ file }, context) {
      const { readTeamFile } = await import('./model/read-team-file.ts');
      const { importTeam } = await import('./model/import-team.ts');
      const content = await readTeamFile(file);
      const { team, rows } = await importTeam(content, context);
      const { projects, todos, topics, comments } = rows;
      return {
        id: team.id,
        name: team.name,
        members: content.members.length,
        projects: projects.length,
        todos: todos.length,
        topics: topics.length,
        comments: comments.length,
      };
    },
  }),
};

/** Commands for what is in a team. The API cannot create fields and labels. */
export const teamCommands: Commands = {
  project: {
    create: command({
      description: 'Create a project with its default list',
      options: {
        team,
        name: { description: 'name', required: true },
        desc: { description: 'description' },
        creator: { description: 'username of the member that creates it (default: the owner of the team)' },
        member: { description: 'username of a member', repeatable: true },
      },
      async run({ team, name, desc = '', creator, member: usernames }, context) {
        const { database } = context;
        const members = await Promise.all(usernames.map((username) => requireMemberOf(database, team, username)));
        const memberIds = members.map(({ id }) => id);
        const caller = await requireMemberOf(database, team, creator);
        const project = await createProject(caller, { name, description: desc, memberIds }, context);
        return { id: project.id, name };
      },
    }),
    list: command({
      description: 'List the projects of a team',
      options: { team },
      run: ({ team }, { database }) =>
        database
          .selectFrom('tower_projects')
          .select(['id', 'name'])
          .where('team_id', '=', team)
          .where('is_active', '=', 1)
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
    }),
  },

  field: {
    create: command({
      description: 'Create a custom field of todos',
      options: {
        team,
        name: { description: 'name that people see', required: true },
        type: { description: `one of ${FIELD_TYPES.join(', ')}`, required: true },
        project: { description: 'id of its project (default: all projects of the team)' },
        option: { description: 'what can be chosen in a select: a label, or value=label', repeatable: true },
        multiple: { description: '1: a todo can have several values' },
        key: { description: 'key in the API (default: a new one, such as select_C4SJPfKe)' },
      },
      async run({ team, name, type, project, option: options, multiple, key }, { database }) {
        const field_type = FIELD_TYPES.find((known) => known === type);
        if (field_type === undefined) throw new Error(`--type must be one of ${FIELD_TYPES.join(', ')}`);
        if ((field_type === 'select') !== options.length > 0)
          throw new Error('--option: a select needs options, and no other field has any');
        if (key !== undefined && !/^\w{1,64}$/.test(key))
          throw new Error('--key must be at most 64 letters, digits and underscores');
        await requireTeam(database, team);
        if (project !== undefined) await requireProjectOf(database, team, project);
        const field = {
          team_id: team,
          key: key ?? `${field_type}_${randomAlphanumeric(8)}`,
          project_id: project ?? null,
          name,
          field_type,
          is_multiple: multiple === '1' ? 1 : 0,
          options: options.map(toOption),
        } as const;
        const created = await createField(database, field).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`The team has a field ${field.key} already`) : error;
        });
        return toFieldRow(created);
      },
    }),
    list: command({
      description: 'List the custom fields of a team',
      options: { team },
      run: async ({ team }, { database }) => (await listTeamFields(database, team)).map(toFieldRow),
    }),
  },

  label: {
    create: command({
      description: 'Create a label; todos are written with its id',
      options: { team, name: { description: 'name', required: true } },
      async run({ team, name }, { database }) {
        await requireTeam(database, team);
        const { id } = await createLabel(database, team, name).catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Error(`The team has a label ${name} already`) : error;
        });
        return { id, name };
      },
    }),
    list: command({
      description: 'List the labels of a team',
      options: { team },
      run: async ({ team }, { database }) => (await listLabels(database, team)).map(({ id, name }) => ({ id, name })),
    }),
  },
};

/** `value=label`, or a label, which gets a value of its own. */
function toOption(option: string): FieldOption {
  const [, value, label] = /^([0-9A-Za-z_-]+)=(.+)$/.exec(option) ?? [];
  return value === undefined || label === undefined ? { value: randomHex(4), label: option } : { value, label };
}

const toFieldRow = (field: Awaited<ReturnType<typeof createField>>) => ({
  key: field.key,
  name: field.name,
  type: field.field_type,
  multiple: field.is_multiple === 1,
  project_id: field.project_id,
  options: optionsOf(field).map(({ value, label }) => `${value}=${label}`),
});

/** @param username undefined: the owner */
async function requireMemberOf(database: Database, teamId: string, username: string | undefined) {
  await requireTeam(database, teamId);
  const query = database
    .selectFrom('tower_members')
    .innerJoin('tower_users', 'tower_users.id', 'tower_members.user_id')
    .select(['tower_members.id', 'role', 'team_id'])
    .where('team_id', '=', teamId)
    .where('is_active', '=', 1);
  const member = await (username === undefined
    ? query.where('role', '=', 'owner')
    : query.where('username', '=', username.trim().toLowerCase())
  ).executeTakeFirst();
  if (member === undefined)
    throw new Error(`The team has no ${username === undefined ? 'owner' : `member ${username}`}`);
  return member;
}

/** Throws unless there is such a team. */
export async function requireTeam(database: Database, id: string): Promise<void> {
  const found = await database.selectFrom('tower_teams').select('id').where('id', '=', id).executeTakeFirst();
  if (found === undefined) throw new Error(`There is no team ${id}`);
}

async function requireProjectOf(database: Database, teamId: string, id: string): Promise<void> {
  const project = await database
    .selectFrom('tower_projects')
    .select('id')
    .where('id', '=', id)
    .where('team_id', '=', teamId)
    .where('is_active', '=', 1)
    .executeTakeFirst();
  if (project === undefined) throw new Error(`The team has no project ${id}`);
}
