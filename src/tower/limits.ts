import type { LimitVariable } from '../config-variables.ts';

export const limits = {
  TOWER_APPLICATION_LIMIT: {
    help: 'applications that one user may create in the app centre',
    least: 1,
    production: 20,
    sandbox: 10_000,
  },
  TOWER_STORAGE_LIMIT: {
    help: 'bytes of the files of one team, 0: no limit',
    least: 0,
    most: Number.MAX_SAFE_INTEGER,
    production: 10_737_418_240,
    sandbox: 0,
  },
  TOWER_WEBHOOK_LIMIT: {
    help: 'webhooks of one application',
    least: 0,
    production: 5,
    sandbox: 100,
  },
} satisfies Record<string, LimitVariable>;
