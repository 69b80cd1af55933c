import type { Api } from '../http/api.ts';
import { keepTokens } from '../oauth/tokens/kept-tokens.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { limits } from './limits.ts';
import { forgetPushToken } from './model/phone-pushes.ts';
import { fullNamesOf } from './model/users.ts';
import * as apps from './operations/apps.ts';
import * as authorizations from './operations/authorizations.ts';
import * as conversations from './operations/conversations.ts';
import * as devices from './operations/devices.ts';
import * as events from './operations/events.ts';
import * as files from './operations/files.ts';
import * as groups from './operations/groups.ts';
import * as logins from './operations/logins.ts';
import * as messages from './operations/messages.ts';
import * as navigations from './operations/navigations.ts';
import * as queries from './operations/queries.ts';
import * as queues from './operations/queues.ts';
import * as scripts from './operations/scripts.ts';
import * as statistics from './operations/statistics.ts';
import * as statuses from './operations/statuses.ts';
import * as tokens from './operations/tokens.ts';
import * as users from './operations/users.ts';
import { profile } from './profile.ts';
import { security } from './security.ts';
import { seed } from './seed.ts';
import { sockets } from './socket/index.ts';
import { completeBody } from './wire/complete-body.ts';
import { contract } from './wire/contract.ts';
import { withEnvelope } from './wire/envelope.ts';
import { faults, renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
  ...authorizations,
  ...tokens,
  ...events,
  ...queries,
  ...files,
  ...withEnvelope({
    ...apps,
    ...users,
    ...logins,
    ...devices,
    ...groups,
    ...conversations,
    ...messages,
    ...queues,
    ...statuses,
    ...navigations,
    ...scripts,
    ...statistics,
  }),
} satisfies Operations;

/** Customer service: OAuth by code, and the operations of PPMessage's API list for agents and consoles (P-15). */
export const ppmessage: Api = {
  name: 'ppmessage',
  contract,
  operations,
  security,
  renderError,
  completeBody,
  migrations,
  deleteExpired,
  start({ database, messages }) {
    messages.onUnregistered('ppmessage', (push, since) => forgetPushToken(database, push, since));
    return async () => {};
  },
  // Every program of the original has addresses of its own (P-91).
  aliases: {
    '/upload/upload': '/upload',
    '/ppupload/ppupload': '/upload',
    '/upload_txt': '/ppkefu/upload',
    '/download/download/': '/download/',
    '/ppdownload/ppdownload/': '/download/',
    '/ppkefu/download/': '/download/',
    '/ppkefu/icon/': '/download/',
    '/ppkefu/material/': '/download/',
    '/identicon/identicon/': '/identicon/',
  },
  limits,
  sockets,
  demo,
  seed,
  faults,
  tokens: keepTokens(profile, fullNamesOf),
  commands,
};
