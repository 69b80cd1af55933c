import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { Context } from './context.ts';

/**
 * What operators do from the command line: `npm start -- app create tower --name Demo`. A room offers its commands as
 * kind → action → command, and the command line makes options, help and output of them.
 */
export type Commands = Readonly<Record<string, Readonly<Record<string, Command>>>>;

/** Something that can be done with one kind of thing, such as `create`, `list` or `delete`. */
export interface Command {
  /** One line for `--help`. */
  description: string;
  options: CommandOptions;
  /** Refuses by throwing; the message is shown to the operator. Lists answer rows, everything else one row. */
  // biome-ignore lint/suspicious/noExplicitAny: its type depends on the options; `command` checks it
  run(options: any, context: Context): Promise<CommandRow | readonly CommandRow[]>;
}

/** By the option's name in kebab-case: `redirect-uri` is given as `--redirect-uri <value>`. */
export type CommandOptions = Readonly<Record<string, CommandOption>>;

export interface CommandOption {
  description: string;
  required?: boolean;
  /** May be given several times; its value is a list, empty when it was not given. */
  repeatable?: boolean;
}

/** Column → value. Lists are joined with commas and null is left blank in tables; `--json` shows them as they are. */
export type CommandRow = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** What `run` is given: values by option name. */
type Given<Options extends CommandOptions> = {
  readonly [Name in keyof Options]: Options[Name] extends { repeatable: true }
    ? readonly string[]
    : Options[Name] extends { required: true }
      ? string
      : string | undefined;
};

/**
 * A command whose `run` is typed by its options.
 *
 * @example
 * const list = command({
 *   description: 'List people',
 *   options: { team: { description: 'only members of this team' } },
 *   run: async ({ team }, { database }) => listUsers(database, team),
 * });
 */
export function command<const Options extends CommandOptions>(command: {
  description: string;
  options: Options;
  run(options: Given<Options>, context: Context): Promise<CommandRow | readonly CommandRow[]>;
}): Command {
  return command;
}

/** Refuses what can be no identifier or secret of a client, as the value of an option that was given: RFC 6749, appendix A. */
export function requireCredential(option: string, value: string | undefined, longest: number): void {
  if (value !== undefined && (!/^[!-~]+$/.test(value) || value.length > longest))
    throw new Error(`--${option} must be at most ${longest} ASCII characters without spaces`);
}

/** The value of an option for an id that is a number; undefined when it was not given. */
export function toId(option: string, value: string | undefined, largest: number): number | undefined {
  if (value === undefined) return undefined;
  const id = Number(value);
  if (!/^[1-9]\d*$/.test(value) || id > largest)
    throw new Error(`--${option} must be a whole number from 1 to ${largest}`);
  return id;
}

/** Refuses what is no e-mail address, as the value of `--email`. */
export function requireEmail(email: string): void {
  if (!(fullFormats.email as RegExp).test(email))
    throw new Error(`--email must be an e-mail address, and ${email} is none`);
}
