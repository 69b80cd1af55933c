import contract from '../../generated/tower.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import {
  createApplication,
  deleteApplication,
  listApplications,
  rotateApplicationSecret,
  showAppCenter,
} from './operations/applications.ts';
import { decideAuthorization, showAuthorization, showAuthorizationCode } from './operations/authorizations.ts';
import { commands } from './commands.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { renderError } from './wire/errors.ts';
import { getCurrentMember } from './operations/members.ts';
import type { Operations } from './wire/operation.ts';
import { security } from './security.ts';
import { createSession, deleteSession, showSignIn } from './operations/sessions.ts';
import { createToken, getAuthorizationServerMetadata, introspectToken, revokeToken } from './operations/tokens.ts';

const operations = {
  createApplication,
  createSession,
  createToken,
  decideAuthorization,
  deleteApplication,
  deleteSession,
  getAuthorizationServerMetadata,
  getCurrentMember,
  introspectToken,
  listApplications,
  revokeToken,
  rotateApplicationSecret,
  showAppCenter,
  showAuthorization,
  showAuthorizationCode,
  showSignIn,
} satisfies Operations;

/** Team collaboration: the OAuth and API of Tower's start pages. */
export const tower: Api = {
  name: 'tower',
  contract: contract as unknown as Contract,
  operations,
  security,
  renderError,
  migrations,
  demo,
  commands,
};
