import type { Api } from '../http/api.ts';
import * as apps from './apps.ts';
import * as authorizations from './authorizations.ts';
import { commands } from './commands.ts';
import { contract } from './contract.ts';
import * as conversations from './conversations.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import * as devices from './devices.ts';
import { renderError } from './errors.ts';
import * as events from './events.ts';
import * as groups from './groups.ts';
import * as messages from './messages.ts';
import { type Operations, withEnvelope } from './operation.ts';
import * as scripts from './scripts.ts';
import { security } from './security.ts';
import * as statistics from './statistics.ts';
import * as statuses from './statuses.ts';
import * as tokens from './tokens.ts';
import * as users from './users.ts';

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
