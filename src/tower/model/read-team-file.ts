import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { schema, type TeamFile } from './team-file.ts';

/** How many problems of a file an error names. */
const MOST_PROBLEMS = 20;

/**
 * Reads and checks the file of a team.
 *
 * @throws Error that names the line of a syntax error, or the paths of the values that are wrong
 */
export async function readTeamFile(path: string): Promise<TeamFile> {
  const source = await readFile(path, 'utf8');
  const file = parse(source);
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const validate = ajv.compile<TeamFile>(schema);
  if (validate(file)) return file;
  throw problemsOf(
    (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const name = params.additionalProperty as string | undefined;
      return name === undefined ? `${instancePath || '/'}: ${message}` : `${instancePath}/${name}: is not known`;
    }),
  );
}

/** One error for the problems of a file, each with its path. */
export function problemsOf(problems: readonly string[]): Error {
  const more = problems.length - MOST_PROBLEMS;
  const shown = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  return new Error(`The file cannot be imported:\n  ${shown.join('\n  ')}`);
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? source.length);
    const lines = source.slice(0, position).split('\n');
    throw problemsOf([`line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${message}`]);
  }
}
