// `npm run dev`: the server in a child process, which is restarted when the code changes. After a change of a contract
// `generated/` is made anew first. When the code does not build, the errors are printed and the old server goes on.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';
import { serverBundle } from './bundle.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const settleMs = 100;
let server;

function restart() {
  const start = () => {
    server = spawn(process.execPath, ['--enable-source-maps', 'dist/dev/cli.js', ...process.argv.slice(2)], { stdio: 'inherit' });
  };
  if (server === undefined || server.exitCode !== null) return start();
  server.once('exit', start);
  // The second signal ends the process at once, without waiting for requests.
  server.kill();
  server.kill();
}

const options = serverBundle('dist/dev', ['src/cli.ts']);
const restartWhenBuilt = {
  name: 'restart',
  setup({ onEnd }) {
    onEnd(({ errors }) => {
      if (errors.length === 0) restart();
    });
  },
};
const bundle = await context({ ...options, plugins: [...options.plugins, restartWhenBuilt] });
await bundle.watch();

let waiting;
let generating = Promise.resolve();
watch('openapi', { recursive: true }, () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    generating = generating.then(generate);
  }, settleMs);
});

const generate = () =>
  new Promise((done) => {
    spawn('npm', ['run', '--silent', 'generate'], { stdio: 'inherit' }).once('exit', done);
  });

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server?.kill(signal);
    bundle.dispose().then(() => process.exit());
  });
}
