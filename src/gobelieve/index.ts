import contract from '../../generated/gobelieve.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { limits } from './limits.ts';
import { keptTokens } from './model/kept-tokens.ts';
import { startPushes } from './model/pushes.ts';
import * as clientGroups from './operations/client-groups.ts';
import * as clientMembers from './operations/client-members.ts';
import * as customers from './operations/customers.ts';
import * as devices from './operations/devices.ts';
import * as events from './operations/events.ts';
import * as files from './operations/files.ts';
import * as groups from './operations/groups.ts';
import * as members from './operations/members.ts';
import * as messages from './operations/messages.ts';
import * as queues from './operations/queues.ts';
import * as supporters from './operations/supporters.ts';
import * as tokens from './operations/tokens.ts';
import * as users from './operations/users.ts';
import { security } from './security.ts';
import { seed } from './seed.ts';
import { sockets } from './socket/index.ts';
import { faults, renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
  ...tokens,
  ...users,
  ...groups,
  ...members,
  ...messages,
  ...customers,
  ...supporters,
  ...queues,
  ...clientGroups,
  ...clientMembers,
  ...events,
  ...files,
  ...devices,
} satisfies Operations;

/** Instant messaging: users, groups, messages and customer service of third-party apps. */
export const gobelieve: Api = {
  name: 'gobelieve',
  contract: contract as unknown as Contract,
  operations,
  security,
  renderError,
  migrations,
  deleteExpired,
  start: startPushes,
  // Kits have all paths below /v2, with the token of the user also where a server creates groups (G-78).
  aliases: { '/v2/groups': '/client/groups', '/v2/': '/' },
  limits,
  sockets,
  demo,
  seed,
  faults,
  tokens: keptTokens,
  commands,
};
