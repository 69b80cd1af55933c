import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Interpreter } from '../support/interpreters.ts';
import type { Outcome, Written } from './samples.ts';

const run = promisify(execFile);

/** Runs every file of the folder `samples`, notes the status of its last answer, and ends streams after their first part. */
const runners: Record<Interpreter, { command: string; ending: string; source: string }> = {
  python: {
    command: 'python3',
    ending: '.py',
    source: `import json, os, requests, sys

last = None
send = requests.Session.send
lines = requests.Response.iter_lines

def send_and_note(*args, **options):
    global last
    response = send(*args, **options)
    last = response.status_code
    return response

def first_line(*args, **options):
    yield next(lines(*args, **options))

requests.Session.send = send_and_note
requests.Response.iter_lines = first_line
outcomes = {}
for name in sorted(os.listdir("samples")):
    last, error = None, None
    try:
        with open(os.path.join("samples", name), encoding="utf-8") as file:
            exec(compile(file.read(), name, "exec"), {"__name__": "__main__", "print": lambda *_: None})
    except Exception as thrown:
        error = repr(thrown)
    outcomes[name[:-3]] = {"status": last, "error": error}
with open("outcomes.json", "w") as file:
    json.dump(outcomes, file)
`,
  },
  php: {
    command: 'php',
    ending: '.php',
    source: `<?php
namespace Samples;

class CURLStringFile extends \\CURLStringFile {}
class stdClass extends \\stdClass {}
$last = null;

function curl_exec(\\CurlHandle $curl): string|bool {
  global $last;
  $part = '';
  curl_setopt($curl, CURLOPT_WRITEFUNCTION, function ($curl, string $data) use (&$part): int {
    $part .= $data;
    return str_starts_with((string) curl_getinfo($curl, CURLINFO_CONTENT_TYPE), 'text/event-stream') ? 0 : strlen($data);
  });
  \\curl_exec($curl);
  $last = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
  return $part;
}

set_error_handler(function (int $level, string $message): never {
  throw new \\ErrorException($message);
});
error_reporting(E_ALL);
$outcomes = [];
foreach (glob('samples/*.php') as $file) {
  $last = null;
  $error = null;
  ob_start();
  try {
    (static function (string $file): void { include $file; })($file);
  } catch (\\Throwable $thrown) {
    $error = $thrown->getMessage();
  }
  ob_end_clean();
  $outcomes[basename($file, '.php')] = ['status' => $last === 0 ? null : $last, 'error' => $error];
}
file_put_contents('outcomes.json', json_encode($outcomes));
`,
  },
};

/**
 * Runs samples for an interpreter, one after the other in one process. A sample runs as it stands, but PHP's in a
 * namespace, in which the runner has its own `curl_exec`.
 */
export async function runScripts(name: Interpreter, samples: readonly Written[]): Promise<Map<string, Outcome>> {
  const { command, ending, source } = runners[name];
  const folder = await mkdtemp(join(tmpdir(), 'qiyue-samples-'));
  try {
    await mkdir(join(folder, 'samples'));
    for (const sample of samples) {
      const text = name === 'php' ? sample.source.replace('<?php', '<?php namespace Samples;') : sample.source;
      await writeFile(join(folder, 'samples', sample.operationId + ending), text);
    }
    await writeFile(join(folder, `run${ending}`), source);
    await run(command, [`run${ending}`], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return new Map(Object.entries(JSON.parse(await readFile(join(folder, 'outcomes.json'), 'utf8'))));
  } finally {
    await rm(folder, { recursive: true });
  }
}
