#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Command as ApiCommand, CommandRow } from './commands.ts';
import { type Config, readConfig } from './config.ts';
import { origin } from './config-values.ts';
import { type ConfiguredApi, listVariables } from './config-variables.ts';
import { ConfigError } from './errors.ts';
import { readyLine, reserveReadyFile } from './ready.ts';
import { projectRoot } from './root.ts';
import type { Progress, Running } from './serve.ts';
import type { CommandOptions } from './verify/command.ts';
import type { PrimaryMessage, WorkerMessage } from './workers.ts';

// Each command loads its own modules, so that help and errors appear at once.

/** The APIs whose variables `--help` lists; loaded only for `--help`. */
let helpApis: readonly ConfiguredApi[] = [];

const { version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string };

const program = new Command('qiyue')
  .version(version)
  .description('Contract-first servers and mocks of the Tower, UCenter, PPMessage and GoBelieve APIs')
  .helpCommand(false)
  .addHelpText('after', () => `\n${help(helpApis)}`);

const readyFileText = 'a file to write when the server is ready, with its addresses as JSON; removed at the end';

interface ServeOptions {
  seed?: string;
  readyFile?: string;
}

program
  .command('serve', { isDefault: true })
  .description('start the server, and in the sandbox the mock beside it (the default command)')
  .option('--seed <file>', 'data that the sandbox adds to the demo data, as QIYUE_SEED')
  .option('--ready-file <path>', readyFileText)
  .action(async ({ seed, readyFile }: ServeOptions) => {
    const { apis, config } = await load({ QIYUE_SEED: seed });
    const { welcome } = await import('./welcome.ts');
    const writeReadyFile =
      config.worker === undefined && readyFile !== undefined ? reserveReadyFile(readyFile) : () => {};
    const running = await startServer(config);
    if (config.worker !== undefined) return closeOnMessage(running, config);
    closeOnSignals(running, config);
    writeReadyFile(running, config);
    sayReady(running, config, () => welcome(apis, config, running));
  });

program
  .command('mock')
  .description('start only the mock, on MOCK_PORT; it needs no database')
  .option('--ready-file <path>', readyFileText)
  .action(async ({ readyFile }: ServeOptions) => {
    const { config } = await load();
    const { serveMock } = await import('./serve.ts');
    const writeReadyFile = readyFile === undefined ? () => {} : reserveReadyFile(readyFile);
    const running = await serveMock(config);
    closeOnSignals(running, config);
    const alone = { ...config, sandbox: false };
    writeReadyFile(running, alone);
    sayReady(running, alone, () => `The mock answers at ${running.url}`);
  });

program
  .command('migrate')
  .description('bring the tables of the database up to date')
  .action(async () => {
    const { config, tableOwners } = await load();
    const { withDatabase } = await import('./database/open.ts');
    const { migrateDatabase } = await import('./database/migrate.ts');
    const names = await withDatabase(config.databaseUrl, (database) => migrateDatabase(database, tableOwners));
    console.log(names.length === 0 ? 'The database is up to date.' : `Migrated: ${names.join(', ')}`);
  });

program
  .command('backup')
  .argument('<file>', 'a tar archive to write')
  .description('write the database and the uploaded files to one file, while servers run')
  .action(async (file: string) => {
    const { config, tableOwners } = await load();
    const { backUp } = await import('./backup/backup.ts');
    const files = await backUp(file, config, tableOwners);
    console.log(`Backed up: the database and ${filesText(files, config)}`);
  });

program
  .command('restore')
  .argument('<file>', 'what backup has written')
  .option('--force', 'replace the database and the files that are there')
  .description('bring the database and the uploaded files back, while no server runs')
  .action(async (file: string, { force = false }: { force?: boolean }) => {
    const { config, tableOwners } = await load();
    const { restore } = await import('./backup/restore.ts');
    const files = await restore(file, { force, owners: tableOwners }, config);
    console.log(`Restored: the database and ${filesText(files, config)}`);
  });

program
  .command('docs')
  .argument('[folder]', 'the folder of the site', 'dist/docs')
  .option('--server <url>', 'the server that the docs describe, such as https://api.example.com', serverUrl)
  .option(
    '--also <tag>',
    'a version whose docs are written to v/<version>/, from this git repository; repeatable',
    collect,
    [],
  )
  .description('write the reference docs as a static site')
  .action(async (folder: string, { server, also }: { server?: string; also: string[] }) => {
    const { apis } = await import('./app.ts');
    const { writeDocs, writeVersions } = await import('./docs/write.ts');
    const versions = await writeVersions(folder, also, apis);
    await writeDocs(folder, apis, { server, mock: undefined, isSandbox: false }, versions);
  });

program
  .command('seed')
  .argument('<file>', 'YAML or JSON, as POST /sandbox/seed takes it')
  .option('--url <url>', 'the sandbox, or one of its worlds', serverUrl, 'http://127.0.0.1:3000')
  .description('add data to a sandbox that runs; prints the ids of what was made as JSON')
  .action(async (file: string, { url }: { url: string }) => {
    const { seedSandbox } = await import('./seed-command.ts');
    console.log(JSON.stringify(await seedSandbox(file, url), null, 2));
  });

program
  .command('mcp')
  .requiredOption('--url <origin>', 'the server to call, such as http://127.0.0.1:3000', serverUrl)
  .option('--token <token>', 'for the calls; without it those to a sandbox use its demo credentials')
  .description('let an agent call a server with the Model Context Protocol, on standard input and output')
  .action(async ({ url, token }: { url: string; token?: string }) => {
    const { apis } = await import('./app.ts');
    const { serveMcpOnStdio } = await import('./mcp/stdio.ts');
    await serveMcpOnStdio(apis, url, token);
  });

program
  .command('verify')
  .argument('[url]', 'the base of the API, such as http://127.0.0.1:3000/tower')
  .option('--api <name>', 'tower, ucenter, ppmessage or gobelieve')
  .option('--credentials <file>', 'JSON or YAML, as GET /sandbox/credentials answers; a sandbox tells its own')
  .option('--read-only', 'call only what changes nothing (the default)')
  .option('--write', 'call everything: what the calls make, change and delete stays so')
  .option('--slow <duration>', 'how long an answer may take', '5s')
  .option('--strict', 'undeclared members and headers are findings, too')
  .option('--format <format>', 'text, json, junit or sarif', 'text')
  .option('--patch <file>', 'write an OpenAPI Overlay that would make the contract true')
  .option('--har <file>', 'judge the exchanges of a recording; sends nothing')
  .option('--template', 'print a credentials file to fill in')
  .description(
    'compare a running server with the contract; exits with 1 when it differs, with 2 when that could not be found out',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (url: string | undefined, options: CommandOptions) => {
    const { apis } = await import('./app.ts');
    const { runVerify } = await import('./verify/command.ts');
    try {
      const { output, findings } = await runVerify(apis, url, options, (line) => console.error(line));
      console.log(output);
      process.exitCode = findings === 0 ? 0 : 1;
    } catch (error) {
      console.error((error as Error).message);
      process.exitCode = 2;
    }
  });

function collect(value: string, values: string[]): string[] {
  return [...values, value];
}

function serverUrl(value: string): string {
  try {
    return origin(value);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

const filesText = (count: number, { filesUrl }: Config): string =>
  filesUrl.startsWith('s3:') ? 'no files: those in a bucket are not part of a backup' : `${count} files`;

/** Loads the APIs and reads the configuration. @param options of the command line that stand for variables */
async function load(options: Record<string, string | undefined> = {}) {
  const { apis, tableOwners } = await import('./app.ts');
  return { apis, tableOwners, config: readConfig(apis, undefined, options) };
}

/** In this process, or in several that it starts. */
async function startServer(config: Config): Promise<Running> {
  if (config.workers === 1 || config.worker !== undefined)
    return (await import('./serve.ts')).serve(config, progressOf(config));
  const [{ startWorkers }, { createLog }] = await Promise.all([import('./workers.ts'), import('./context.ts')]);
  return startWorkers(config, await createLog(config));
}

/** What the start is doing; in production standard output holds only log lines. */
function progressOf({ logFormat, production, worker }: Config): Progress {
  if (worker !== undefined) return () => {};
  if (logFormat === 'json') return (step) => console.log(JSON.stringify({ event: 'progress', step }));
  return production ? () => {} : (step) => console.log(`Qiyue prepares ${step} …`);
}

/** As progress. */
function sayReady(running: Running, config: Config, text: () => string): void {
  if (config.logFormat === 'json') console.log(readyLine(running, config));
  else if (!config.production) console.log(text());
}

function help(apis: readonly ConfiguredApi[]): string {
  const variables = listVariables(apis);
  const width = Math.max(...variables.map(({ name }) => name.length));
  const lines = variables.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`);
  return [
    'Commands of the APIs; <kind> --help lists the actions of a kind:',
    '  <kind> <action> <api>',
    '  app create tower --name Demo --redirect-uri http://localhost:8080/callback',
    '  user list tower --json',
    '',
    'Environment variables, with their defaults:',
    ...lines,
  ].join('\n');
}

/** The first signal finishes the requests under way; the second one, or a deadline, ends the process at once. */
function closeOnSignals(running: Running, config: Config): void {
  let closing = false;
  const close = () => {
    if (closing) process.exit(1);
    closing = true;
    closeAndExit(running, config);
  };
  process.on('SIGTERM', close).on('SIGINT', close);

  // npm starts this process through a shell that a signal ends without being forwarded; the process would keep the port.
  if (!config.underNpm) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    if (!closing) close();
  }, 250);
}

/** A worker closes when the primary process says so: a signal may reach both. It ends when the primary process has ended. */
function closeOnMessage(running: Running, config: Config): void {
  process.on('SIGTERM', () => {}).on('SIGINT', () => {});
  process.on('message', ({ kind }: PrimaryMessage) => {
    if (kind === 'close') closeAndExit(running, config);
  });
  process.send?.({ kind: 'ready', url: running.url, mockUrl: running.mockUrl } satisfies WorkerMessage);
}

function closeAndExit(running: Running, { shutdownTimeoutMs }: Config): void {
  setTimeout(() => {
    console.error(`Something did not close within ${shutdownTimeoutMs} ms (SHUTDOWN_TIMEOUT)`);
    process.exit(1);
  }, shutdownTimeoutMs);
  running.close().then(
    () => process.exit(0),
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
}

/**
 * Adds `<kind> <action> <api>` for one kind. APIs can have different options for the same action, so each of them has its
 * own command.
 *
 * @throws ConfigError when no API has this kind
 */
async function addCommands(parent: Command, kind: string): Promise<void> {
  const { apis, config } = await load();
  if (!apis.some(({ commands = {} }) => kind in commands)) {
    const known = [
      ...parent.commands.map((command) => command.name()),
      ...apis.flatMap(({ commands = {} }) => Object.keys(commands)),
    ];
    throw new ConfigError(`There is no command ${kind}; there are ${[...new Set(known)].join(', ')}`);
  }
  const kindCommand = parent.command(kind).helpCommand(false).description(`commands for each ${kind}`);
  for (const { name: api, commands = {} } of apis) {
    for (const [action, command] of Object.entries(commands[kind] ?? {})) {
      const actionCommand =
        kindCommand.commands.find((known) => known.name() === action) ?? kindCommand.command(action).helpCommand(false);
      const names = apis.filter(({ commands = {} }) => commands[kind]?.[action]).map(({ name }) => name);
      addCommand(actionCommand.description(`of ${names.join(', ')}`), api, command, config);
    }
  }
}

function addCommand(parent: Command, api: string, { description, options, run }: ApiCommand, config: Config): void {
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
    const optionValues = Object.fromEntries(
      command.options.map((option) => {
        const name = option.long?.slice(2) as string;
        return [name, values[option.attributeName()] ?? (options[name]?.repeatable ? [] : undefined)];
      }),
    );
    const { openContext } = await import('./serve.ts');
    const { closeContext } = await import('./context.ts');
    // Standard output holds only the result.
    const context = await openContext({ ...config, logLevel: 'silent' });
    try {
      const result = await run(optionValues, context);
      console.log(values.json ? JSON.stringify(result, null, 2) : table(result));
    } finally {
      await closeContext(context);
    }
  });
}

/** A table with column names for a list; for one row, a line for each of its members. */
function table(result: CommandRow | readonly CommandRow[]): string {
  const isList = (value: typeof result): value is readonly CommandRow[] => Array.isArray(value);
  if (!isList(result)) return align(Object.entries(result).map(([name, value]) => [name, cell(value)]));
  if (result.length === 0) return '(none)';
  const columns = [...new Set(result.flatMap((row) => Object.keys(row)))];
  return align([columns, ...result.map((row) => columns.map((column) => cell(row[column])))]);
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

/** The width in a terminal, where a Chinese character takes two columns. */
const width = (text: string): number => [...text].reduce((sum, character) => sum + (character >= '\u2e80' ? 2 : 1), 0);

try {
  const [name] = process.argv.slice(2);
  const builtIn =
    name === undefined || name.startsWith('-') || program.commands.some((command) => command.name() === name);
  if (name === '--help' || name === '-h') helpApis = (await load()).apis;
  if (!builtIn) await addCommands(program, name);
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
