import type { LimitVariable } from '../config.ts';

export const limits = {
  TOWER_APPLICATION_LIMIT: {
    help: 'applications that one user may create in the app centre',
    least: 1,
    production: 20,
    sandbox: 10_000,
  },
} satisfies Record<string, LimitVariable>;
