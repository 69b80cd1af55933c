import type { LimitVariable } from '../config-variables.ts';

export const limits = {
  CUSTOMER_LIMIT: {
    help: 'tokens for one customer in a minute; ten times as many for an address',
    least: 1,
    production: 10,
    sandbox: 100_000,
  },
  GOBELIEVE_TOKEN_DAYS: {
    help: 'days that a token is valid, 0: for ever',
    least: 0,
    most: 36_500,
    production: 0,
    sandbox: 0,
  },
  GOBELIEVE_FRAME_LIMIT: {
    help: 'frames of one socket connection in a second, after a burst of ten times as many; further ones wait',
    least: 1,
    production: 100,
    sandbox: 1000,
  },
  GOBELIEVE_STORAGE_LIMIT: {
    help: 'bytes of the files of one app, 0: no limit',
    least: 0,
    most: Number.MAX_SAFE_INTEGER,
    production: 10_737_418_240,
    sandbox: 0,
  },
} satisfies Record<string, LimitVariable>;
