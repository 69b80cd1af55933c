import type { Api } from '../http/api.ts';
import * as apps from './operations/apps.ts';
import * as authorizations from './operations/authorizations.ts';
import { commands } from './commands.ts';
import { contract } from './wire/contract.ts';
import * as conversations from './operations/conversations.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import * as devices from './operations/devices.ts';
import { renderError } from './wire/errors.ts';
import * as events from './operations/events.ts';
import * as groups from './operations/groups.ts';
import * as messages from './operations/messages.ts';
import { type Operations, withEnvelope } from './wire/operation.ts';
import * as scripts from './operations/scripts.ts';
import { security } from './security.ts';
import * as statistics from './operations/statistics.ts';
import * as statuses from './operations/statuses.ts';
import * as tokens from './operations/tokens.ts';
import * as users from './operations/users.ts';

const operations = {
  ...authorizations,
  ...tokens,
  ...events,
  ...withEnvelope({
    ...apps,
    ...users,
    ...devices,
    ...groups,
    ...conversations,
    ...messages,
    ...statuses,
    ...scripts,
    ...statistics,
  }),
} satisfies Operations;

/** Customer service: sign-in by code, and the kefu and console operations of PPMessage's API list. */
export const ppmessage: Api = {
  name: 'ppmessage',
  contract,
  operations,
  security,
  renderError,
  migrations,
  demo,
  commands,
};
