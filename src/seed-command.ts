import { readFile } from 'node:fs/promises';
import { createSandboxClient } from './client/sandbox-client.ts';
import { requireAnswer, SandboxError } from './client/sandbox-error.ts';
import { ConfigError } from './errors.ts';

/**
 * Sends a seed document to a running sandbox.
 *
 * @param url of the server, or of a world
 * @returns the ids of what it has made, by API and `ref`
 * @throws ConfigError that names the file, and each wrong place in it
 */
export async function seedSandbox(file: string, url: string): Promise<Record<string, Record<string, unknown>>> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConfigError(`${file} cannot be read: ${error.message}`);
  });
  const client = createSandboxClient({ baseUrl: `${url}/sandbox` });
  const headers = { 'Content-Type': 'application/yaml' };
  const sent = client.POST('/seed', { body: {}, bodySerializer: () => text, headers });
  const { ids } = await requireAnswer(sent).catch((error: Error) => {
    throw new ConfigError(error instanceof SandboxError ? describe(file, error) : `No server answers at ${url}`);
  });
  return ids;
}

function describe(file: string, { message, details }: SandboxError): string {
  const places = details.map(
    ({ path, line, message }) => `${line === undefined ? file : `${file}:${line}`} ${path} ${message}`,
  );
  return [`${file} was refused: ${message}`, ...places].join('\n  ');
}
