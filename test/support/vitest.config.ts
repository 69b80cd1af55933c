import { defineConfig } from 'vitest/config';
import { forVite as browserScripts } from '../../.ci/browser-scripts.mjs';
import { LongestFirst } from './longest-first.ts';

export default defineConfig({
  plugins: [browserScripts],
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/templates.ts',
    // Servers, browsers and databases share the machine: a slow answer is no failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // The files of a worker share their modules: importing the app again for each would take longer than most tests.
    isolate: false,
    reporters: ['default'],
  },
});
