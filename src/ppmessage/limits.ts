import type { LimitVariable } from '../config-variables.ts';

export const limits = {
  PPMESSAGE_APP_LIMIT: {
    help: 'apps that one user may own before PP_CREATE_APP refuses more',
    least: 1,
    production: 10,
    sandbox: 10_000,
  },
  PPMESSAGE_UPLOAD_LIMIT: {
    help: 'files that one network address may upload in an hour; a hundred times as many for an app',
    least: 1,
    production: 100,
    sandbox: 100_000,
  },
  PPMESSAGE_FRAME_LIMIT: {
    help: 'frames of one socket connection in a second, after a burst of ten times as many; further ones wait',
    least: 1,
    production: 20,
    sandbox: 1000,
  },
  PPMESSAGE_SIGNUP_HOURLY_LIMIT: {
    help: 'sign-ups, and new passwords, that one network and one address may ask for in an hour',
    least: 1,
    production: 10,
    sandbox: 2000,
  },
} satisfies Record<string, LimitVariable>;
