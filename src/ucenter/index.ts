import contract from '../../generated/ucenter.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { keepTokens } from '../oauth/tokens/kept-tokens.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { limits } from './limits.ts';
import { usernamesOf } from './model/users.ts';
import * as applications from './operations/applications.ts';
import * as authorizations from './operations/authorizations.ts';
import * as emails from './operations/emails.ts';
import * as files from './operations/files.ts';
import * as logs from './operations/logs.ts';
import * as openid from './operations/openid.ts';
import * as permissions from './operations/permissions.ts';
import * as roles from './operations/roles.ts';
import * as sessions from './operations/sessions.ts';
import * as smsCodes from './operations/sms-codes.ts';
import * as tokens from './operations/tokens.ts';
import * as users from './operations/users.ts';
import { profile } from './profile.ts';
import { security } from './security.ts';
import { seed } from './seed.ts';
import { faults, renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
  ...applications,
  ...authorizations,
  ...emails,
  ...files,
  ...logs,
  ...openid,
  ...permissions,
  ...roles,
  ...sessions,
  ...smsCodes,
  ...tokens,
  ...users,
} satisfies Operations;

/** The user centre: users sign in here for many applications. */
export const ucenter: Api = {
  name: 'ucenter',
  contract: contract as unknown as Contract,
  operations,
  security,
  renderError,
  // The original is a Laravel application.
  overridesMethod: true,
  migrations,
  deleteExpired,
  limits,
  demo,
  seed,
  faults,
  tokens: keepTokens(profile, usernamesOf),
  commands,
};
