import type { LimitVariable } from '../config-variables.ts';

export const limits = {
  // Housekeeping forgets after a day when a code was sent.
  SMS_PAUSE: {
    help: 'seconds between two codes to one phone, 0: none',
    least: 0,
    most: 86_400,
    production: 60,
    sandbox: 0,
  },
  SMS_HOURLY_LIMIT: { help: 'codes to one phone in an hour, 0: no limit', least: 0, production: 3, sandbox: 0 },
  SMS_USER_HOURLY_LIMIT: {
    help: 'SMS that one user sends through an application in an hour, 0: no limit',
    least: 0,
    production: 10,
    sandbox: 0,
  },
  SMS_APP_HOURLY_LIMIT: {
    help: 'SMS of one application in an hour, 0: no limit',
    least: 0,
    production: 1000,
    sandbox: 0,
  },
  SMS_DAILY_LIMIT: { help: 'SMS of one application in a day, 0: no limit', least: 0, production: 5000, sandbox: 0 },
  ACCOUNT_NOTICE_HOURLY_LIMIT: {
    help: 'messages to one user in an hour about changes of user name, e-mail address or phone, 0: no limit',
    least: 0,
    production: 10,
    sandbox: 0,
  },
  RESET_HOLD_HOURS: {
    help: 'hours until a new phone can reset the password, unless the user confirms it before, 0: at once',
    least: 0,
    most: 876_000,
    production: 72,
    sandbox: 72,
  },
  REGISTRATION_HOURLY_LIMIT: {
    help: 'registrations without a token from one address (in IPv6: one /64 network) in an hour, 0: no limit',
    least: 0,
    production: 60,
    sandbox: 0,
  },
  EMAIL_HOURLY_LIMIT: {
    help: 'e-mails of one application in an hour, 0: no limit',
    least: 0,
    production: 1000,
    sandbox: 0,
  },
  EMAIL_USER_HOURLY_LIMIT: {
    help: 'e-mails that one user sends through an application in an hour, 0: no limit',
    least: 0,
    production: 20,
    sandbox: 0,
  },
  EMAIL_DAILY_LIMIT: {
    help: 'e-mails of one application in a day, 0: no limit',
    least: 0,
    production: 5000,
    sandbox: 0,
  },
  UCENTER_STORAGE_LIMIT: {
    help: 'bytes of the files of one application, 0: no limit',
    least: 0,
    most: Number.MAX_SAFE_INTEGER,
    production: 10_737_418_240,
    sandbox: 0,
  },
} satisfies Record<string, LimitVariable>;
