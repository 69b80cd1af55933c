import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../consumers/processes.ts';
import type { Judge } from './judges.ts';

interface Result {
  code: string;
  path: (string | number)[];
  message: string;
}

/** Spectral's rules for OpenAPI, all of them, those that are off by default included. */
export const spectral: Judge = {
  name: 'spectral',
  packages: { '@stoplight/spectral-cli': '6.16.3' },
  async judge({ api, contract, folder, packages }) {
    await writeFile(join(folder, 'ruleset.yaml'), 'extends: [[spectral:oas, all]]\n');
    const command = ['spectral', 'lint', '--ruleset', 'ruleset.yaml', '--format', 'json', '--quiet', contract];
    const output = await run(command, folder, join(packages, 'node_modules/.bin'), 180, [0, 1]);
    const results = JSON.parse(output.slice(output.indexOf('['))) as Result[];
    return results.map(({ code, path, message }) => ({ api, rule: code, where: path.join('.'), message }));
  },
};
