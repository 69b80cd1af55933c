import contract from '../../generated/tower.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { keepTokens } from '../oauth/tokens/kept-tokens.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { limits } from './limits.ts';
import { nicknamesOf } from './model/users.ts';
import * as applications from './operations/applications.ts';
import * as attfiles from './operations/attfiles.ts';
import * as authorizations from './operations/authorizations.ts';
import * as comments from './operations/comments.ts';
import * as directUploads from './operations/direct-uploads.ts';
import * as events from './operations/events.ts';
import * as members from './operations/members.ts';
import * as notifications from './operations/notifications.ts';
import * as projects from './operations/projects.ts';
import * as resources from './operations/resources.ts';
import * as sessions from './operations/sessions.ts';
import * as streams from './operations/streams.ts';
import * as teams from './operations/teams.ts';
import * as timeLogs from './operations/time-logs.ts';
import * as todolists from './operations/todolists.ts';
import * as todos from './operations/todos.ts';
import * as tokens from './operations/tokens.ts';
import * as topics from './operations/topics.ts';
import * as uploads from './operations/uploads.ts';
import * as users from './operations/users.ts';
import * as webhooks from './operations/webhooks.ts';
import { profile } from './profile.ts';
import { security } from './security.ts';
import { seed } from './seed.ts';
import { sendWebhooks } from './webhooks.ts';
import { faults, renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';
import { withPictures } from './wire/pictures.ts';

const operations = {
  ...applications,
  ...attfiles,
  ...authorizations,
  ...comments,
  ...directUploads,
  ...events,
  ...members,
  ...notifications,
  ...projects,
  ...resources,
  ...sessions,
  ...streams,
  ...teams,
  ...timeLogs,
  ...todolists,
  ...todos,
  ...tokens,
  ...topics,
  ...uploads,
  ...users,
  ...webhooks,
} satisfies Operations;

/** Team collaboration: Tower's OAuth endpoints and API. */
export const tower: Api = {
  name: 'tower',
  contract: contract as unknown as Contract,
  operations: withPictures(operations),
  // T-47
  aliases: { '/api/v2/': '/api/v1/', '/v1/': '/api/v1/' },
  security,
  renderError,
  migrations,
  deleteExpired,
  limits,
  webhooks: sendWebhooks,
  demo,
  seed,
  faults,
  tokens: keepTokens(profile, nicknamesOf),
  commands,
};
