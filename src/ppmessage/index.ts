import contract from '../../generated/ppmessage.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import * as apps from './apps.ts';
import { createAuthorization, showAuthorization } from './authorizations.ts';
import { demo } from './demo.ts';
import { renderError } from './errors.ts';
import { withEnvelope } from './operation.ts';
import { security } from './security.ts';
import { createToken } from './tokens.ts';
import * as users from './users.ts';

const operations = {
  createAuthorization,
  createToken,
  showAuthorization,
  ...withEnvelope({ ...apps, ...users }),
};

/** Customer service: sign-in by code, and the kefu and console operations of PPMessage's API list. */
export const ppmessage: Api = {
  name: 'ppmessage',
  contract: contract as unknown as Contract,
  operations,
  security,
  renderError,
  demo,
};
