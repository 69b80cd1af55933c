import { readFile } from 'node:fs/promises';
import contract from '../../../generated/sandbox.json' with { type: 'json' };
import type { Context } from '../../context.ts';
import { ConfigError, HttpError } from '../../errors.ts';
import type { Contract } from '../../http/contract.ts';
import { requestValidator } from '../../http/validate-request.ts';
import { parseYaml, type YamlDocument } from '../../http/yaml-body.ts';
import type { Parts } from './parts.ts';
import type { SeedDocument } from './seed-plan.ts';
import { seed } from './seeds.ts';

/** The seed that `QIYUE_SEED` names. It is a part of the demo data. */
export interface SeedFile {
  /**
   * Makes its data where a server starts, except those that an earlier start has made.
   *
   * @throws ConfigError that names file and line
   */
  applyAtStart(context: Context, parts: Pick<Parts, 'apis'>): Promise<void>;
  /**
   * Makes its data in a template.
   *
   * @throws HttpError conflict that names the entry, such as one that lies after the time of the clock
   */
  apply(context: Context, parts: Pick<Parts, 'apis'>): Promise<void>;
}

/**
 * Reads a seed in YAML or JSON, and checks its form.
 *
 * @throws ConfigError that names file and line
 */
export async function readSeedFile(file: string): Promise<SeedFile> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConfigError(`QIYUE_SEED: ${file} cannot be read: ${error.message}`);
  });
  const document = await parseYaml(text).catch(explain(file, undefined));
  const { value } = document;
  if (value === null) throw new ConfigError(`QIYUE_SEED: ${file} is empty`);
  try {
    const validate = requestValidator(contract as unknown as Contract, '/seed');
    validate({ method: 'post', originalUrl: '/seed', params: {}, query: {}, headers: {}, mediaType, body: value });
  } catch (error) {
    explain(file, document)(error);
  }
  return {
    async applyAtStart(context, parts) {
      await seed(context, parts, value as SeedDocument, { skipsKnown: true }).catch(explain(file, document));
    },
    async apply(context, parts) {
      await seed(context, parts, value as SeedDocument).catch(refuse);
    },
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof HttpError) || error.status >= 500) throw error;
  throw new HttpError('conflict', `The data of QIYUE_SEED cannot be made at this time: ${error.message}`);
}

const mediaType = 'application/yaml';

/** Handler for `catch`: names file and line of each problem. */
const explain =
  (file: string, document: YamlDocument | undefined) =>
  (error: unknown): never => {
    if (!(error instanceof HttpError) || error.status >= 500) throw error;
    const problems = error.details.map(({ path, message, line }) => {
      const place = path.replace(/^\/body\/?/, '');
      const where = `${file}:${line ?? document?.lineOf(`/${place}`) ?? 1}`;
      return `${where}: ${place.replaceAll('/', '.')} ${message}`.replace(/: {2}/, ': ');
    });
    throw new ConfigError(`QIYUE_SEED: ${problems.length === 0 ? `${file}: ${error.message}` : problems.join('\n  ')}`);
  };
