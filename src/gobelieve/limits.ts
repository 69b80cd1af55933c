import type { LimitVariable } from '../config.ts';

export const limits = {
  CUSTOMER_LIMIT: {
    help: 'tokens for one customer in a minute; ten times as many for an address',
    least: 1,
    production: 10,
    sandbox: 100_000,
  },
} satisfies Record<string, LimitVariable>;
