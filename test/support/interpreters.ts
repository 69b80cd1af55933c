import { spawnSync } from 'node:child_process';

/** Programs other than Node that samples of the documentation are for, and how to see that they can run them. */
const checks = {
  python: { command: 'python3', args: ['-c', 'import requests'], needs: 'python3 with requests' },
  php: {
    command: 'php',
    args: ['-r', 'exit(function_exists("curl_init") && PHP_VERSION_ID >= 80100 ? 0 : 1);'],
    needs: 'php 8.1 or newer with curl',
  },
};

export type Interpreter = keyof typeof checks;

/** Undefined where the machine has it; otherwise what a skipped test says in its title. */
export function whyMissing(name: Interpreter): string | undefined {
  const { command, args, needs } = checks[name];
  return spawnSync(command, args).status === 0 ? undefined : ` (skipped: there is no ${needs})`;
}
