import type { LimitVariable } from '../config.ts';

export const limits = {
  PPMESSAGE_APP_LIMIT: {
    help: 'apps that one user may own before PP_CREATE_APP refuses more',
    least: 1,
    production: 10,
    sandbox: 10_000,
  },
} satisfies Record<string, LimitVariable>;
