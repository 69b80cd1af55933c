import contract from '../../generated/gobelieve.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { demo } from './demo.ts';
import { renderError } from './errors.ts';
import type { Operations } from './operation.ts';
import { security } from './security.ts';
import { grantToken } from './tokens.ts';
import { patchUser, updateUser } from './users.ts';

const operations = {
  grantToken,
  patchUser,
  updateUser,
} satisfies Partial<Operations>;

/** Instant messaging: users, groups, messages and customer service of third-party apps. */
export const gobelieve: Api = {
  name: 'gobelieve',
  contract: contract as unknown as Contract,
  operations,
  security,
  renderError,
  demo,
};
