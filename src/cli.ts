#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import type { CommandRow, Command as OperatorCommand } from './commands.ts';
import { type Config, type ConfiguredApi, listVariables, readConfig } from './config.ts';
import { ConfigError } from './errors.ts';
import type { Running } from './serve.ts';

// Everything heavy is loaded by the command that needs it, so that help and mistakes are told at once.

/** The APIs whose variables `--help` lists: loaded only when it is asked for. */
let helpApis: readonly ConfiguredApi[] = [];

const program = new Command('qiyue')
  .description('Contract-first servers and mocks of the Tower, UCenter, PPMessage and GoBelieve APIs')
  .helpCommand(false)
  .addHelpText('after', () => `\n${help(helpApis)}`);

program
  .command('serve', { isDefault: true })
  .description('the server, and in the sandbox the mock beside it (when no command is given)')
  .action(async () => {
    const { config } = await load();
    const { serve, welcome } = await import('./serve.ts');
    const running = await serve(config);
    closeOnSignals(running, config);
    // In production standard output is a log, line by line.
    if (!config.production) console.log(welcome(config, running));
  });

program
  .command('mock')
  .description('only the mock, on MOCK_PORT; needs no database')
  .action(async () => {
    const { config } = await load();
    const { serveMock } = await import('./serve.ts');
    const running = await serveMock(config);
    closeOnSignals(running, config);
    if (!config.production) console.log(`The mock answers at ${running.url}`);
  });

program
  .command('migrate')
  .description('bring the tables of the database up to date')
  .action(async () => {
    const { config, tableOwners } = await load();
    const { openDatabase } = await import('./database/open.ts');
    const { migrateDatabase } = await import('./database/migrate.ts');
    const database = await openDatabase(config.databaseUrl);
    try {
      const names = await migrateDatabase(database, tableOwners);
      console.log(names.length === 0 ? 'The database is up to date.' : `Migrated: ${names.join(', ')}`);
    } finally {
      await database.destroy();
    }
  });

program
  .command('docs')
  .argument('[folder]', 'where to write the site', 'dist/docs')
  .description('write the reference docs as a static site')
  .action(async (folder: string) => {
    const { apis } = await import('./app.ts');
    const { writeDocs } = await import('./docs.ts');
    await writeDocs(folder, apis);
  });

/** The APIs, and the configuration with their host names. */
async function load() {
  const { apis, tableOwners } = await import('./app.ts');
  return { apis, tableOwners, config: readConfig(apis) };
}

function help(apis: readonly ConfiguredApi[]): string {
  const variables = listVariables(apis);
  const width = Math.max(...variables.map(({ name }) => name.length));
  const lines = variables.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`);
  return [
    'Administration, by kinds that the APIs have; <kind> --help lists what can be done:',
    '  <kind> <action> <api>',
    '  app create tower --name Demo --redirect-uri http://localhost:8080/callback',
    '  user list tower --json',
    '',
    'Environment variables, with their defaults:',
    ...lines,
  ].join('\n');
}

/** The first signal finishes what is under way, the second one does not wait for it. */
function closeOnSignals(running: Running, { underNpm }: Config): void {
  let closing = false;
  const close = () => {
    if (closing) process.exit(1);
    closing = true;
    running.close().then(
      () => process.exit(0),
      (error: Error) => {
        console.error(error.message);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', close).on('SIGINT', close);

  // npm starts us through a shell that dies of a signal without handing it on; we would stay behind and keep the port.
  if (!underNpm) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    if (!closing) close();
  }, 250);
}

/**
 * Adds `<kind> <action> <api>` for the kind that was named. APIs may have different options for the same kind and
 * action, so each of them is a command of its own.
 */
async function addAdminCommands(parent: Command, kind: string): Promise<void> {
  const { apis, config } = await load();
  const offers = apis.map((api) => ({ api: api.name, kinds: api.commands ?? {} }));
  if (!offers.some(({ kinds }) => kind in kinds)) {
    const known = [
      ...parent.commands.map((command) => command.name()),
      ...offers.flatMap(({ kinds }) => Object.keys(kinds)),
    ];
    throw new ConfigError(`There is no command ${kind}; there are ${[...new Set(known)].join(', ')}`);
  }
  const kindCommand = parent.command(kind).helpCommand(false).description(`what operators do with each ${kind}`);
  for (const { api, kinds } of offers) {
    for (const [action, command] of Object.entries(kinds[kind] ?? {})) {
      const actionCommand =
        kindCommand.commands.find((known) => known.name() === action) ?? kindCommand.command(action).helpCommand(false);
      const apis = offers.filter(({ kinds }) => kinds[kind]?.[action]).map(({ api }) => api);
      addAdminCommand(actionCommand.description(`of ${apis.join(', ')}`), api, command, config);
    }
  }
}

function addAdminCommand(
  parent: Command,
  api: string,
  { description, options, run }: OperatorCommand,
  config: Config,
): void {
  const command = parent.command(api).description(description);
  for (const [name, { description, required = false, repeatable = false }] of Object.entries(options)) {
    const notes = [required && 'required', repeatable && 'may be repeated'].filter(Boolean).join(', ');
    const option = command.createOption(`--${name} <value>`, notes ? `${description} (${notes})` : description);
    option.makeOptionMandatory(required).argParser<unknown>((value, before) => {
      if (value === '') throw new InvalidArgumentError('It must not be empty.');
      return repeatable ? [...((before as string[] | undefined) ?? []), value] : value;
    });
    command.addOption(option);
  }
  command.option('--json', 'print JSON');
  command.action(async () => {
    const values = command.opts();
    const given = Object.fromEntries(
      command.options.map((option) => {
        const name = option.long?.slice(2) as string;
        return [name, values[option.attributeName()] ?? (options[name]?.repeatable ? [] : undefined)];
      }),
    );
    const { openContext } = await import('./serve.ts');
    const { closeContext } = await import('./context.ts');
    // Standard output is for the answer alone.
    const context = await openContext({ ...config, logLevel: 'silent' });
    try {
      const answer = await run(given, context);
      console.log(values.json ? JSON.stringify(answer, null, 2) : table(answer));
    } finally {
      await closeContext(context);
    }
  });
}

/** Rows under their column names, or one thing as a list of its members. */
function table(answer: CommandRow | readonly CommandRow[]): string {
  const isList = (value: typeof answer): value is readonly CommandRow[] => Array.isArray(value);
  if (!isList(answer)) return align(Object.entries(answer).map(([name, value]) => [name, cell(value)]));
  if (answer.length === 0) return '(none)';
  const columns = [...new Set(answer.flatMap((row) => Object.keys(row)))];
  return align([columns, ...answer.map((row) => columns.map((column) => cell(row[column])))]);
}

const cell = (value: CommandRow[string] | undefined): string =>
  Array.isArray(value) ? value.join(', ') : String(value ?? '');

function align(rows: readonly string[][]): string {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((text, column) => Math.max(known[column] ?? 0, width(text))),
    [],
  );
  const pad = (text: string, column: number) => text + ' '.repeat((widths[column] ?? 0) - width(text));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** Columns in a terminal, where Chinese characters take two. */
const width = (text: string): number => [...text].reduce((sum, character) => sum + (character >= '\u2e80' ? 2 : 1), 0);

try {
  const [name] = process.argv.slice(2);
  const builtIn =
    name === undefined || name.startsWith('-') || program.commands.some((command) => command.name() === name);
  if (name === '--help' || name === '-h') helpApis = (await load()).apis;
  if (!builtIn) await addAdminCommands(program, name);
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
