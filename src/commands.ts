import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { Context } from './context.ts';

/**
 * The commands of an API, as kind → action → command, for example `npm start -- app create tower --name Demo`. The
 * command line makes options, help and output from them.
 */
export type Commands = Readonly<Record<string, Readonly<Record<string, Command>>>>;

/** One action on one kind of thing, such as `create`, `list` or `delete`. */
export interface Command {
  /** One line for `--help`. */
  description: string;
  options: CommandOptions;
  /** Returns rows for a list, otherwise one row. The messages of its errors are for the operator. */
  // biome-ignore lint/suspicious/noExplicitAny: its type depends on the options; `command` checks it
  run(options: any, context: Context): Promise<CommandRow | readonly CommandRow[]>;
}

/** By the name of the option in kebab-case: `redirect-uri` stands for `--redirect-uri <value>`. */
export type CommandOptions = Readonly<Record<string, CommandOption>>;

export interface CommandOption {
  description: string;
  required?: boolean;
  /** The option may be repeated. Its value is a list, which may be empty. */
  repeatable?: boolean;
}

/** Column → value. A table shows lists joined with commas and null as blank; `--json` shows the values. */
export type CommandRow = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** The values of options by name. */
type OptionValues<Options extends CommandOptions> = {
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
 *   description: 'List users',
 *   options: { team: { description: 'only members of this team' } },
 *   run: async ({ team }, { database }) => listUsers(database, team),
 * });
 */
export function command<const Options extends CommandOptions>(command: {
  description: string;
  options: Options;
  run(options: OptionValues<Options>, context: Context): Promise<CommandRow | readonly CommandRow[]>;
}): Command {
  return command;
}

/** Throws for a value that cannot be the identifier or secret of a client (RFC 6749, appendix A). */
export function requireCredential(option: string, value: string | undefined, maxLength: number): void {
  if (value !== undefined && (!/^[!-~]+$/.test(value) || value.length > maxLength))
    throw new Error(`--${option} must be at most ${maxLength} ASCII characters without spaces`);
}

/** The value of an option for a numeric id; undefined without the option. Throws for other values. */
export function toId(option: string, value: string | undefined, largest: number): number | undefined {
  if (value === undefined) return undefined;
  const id = Number(value);
  if (!/^[1-9]\d*$/.test(value) || id > largest)
    throw new Error(`--${option} must be a whole number from 1 to ${largest}`);
  return id;
}

/** Throws for a value of `--email` that is not an e-mail address. */
export function requireEmail(email: string): void {
  if (!(fullFormats.email as RegExp).test(email)) throw new Error(`--email must be an e-mail address, not ${email}`);
}
