import contract from '../../generated/gobelieve.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { limits } from './limits.ts';
import {
  createClientGroup,
  dissolveClientGroup,
  getClientGroup,
  listClientGroups,
  updateClientGroup,
} from './operations/client-groups.ts';
import {
  addClientGroupMembers,
  leaveClientGroup,
  removeClientGroupMembers,
  updateClientGroupMember,
} from './operations/client-members.ts';
import { authenticateCustomer, registerCustomer } from './operations/customers.ts';
import { bindDevice, bindDeviceV2, unbindDevice, unbindDeviceV2 } from './operations/devices.ts';
import { streamEvents } from './operations/events.ts';
import {
  downloadAudio,
  downloadFile,
  downloadImage,
  uploadAudio,
  uploadFile,
  uploadImage,
  uploadRawAudio,
  uploadRawImage,
  uploadUnversionedFile,
} from './operations/files.ts';
import { createGroup, dissolveGroup, renameGroup, upgradeGroup } from './operations/groups.ts';
import { addGroupMembers, leaveGroup, removeGroupMembers, updateGroupMember } from './operations/members.ts';
import {
  sendGroupMessage,
  sendGroupNotification,
  sendNotification,
  sendPeerMessage,
  sendRoomMessage,
  sendSystemMessage,
} from './operations/messages.ts';
import { dequeueMessages, getOfflineFlag, listMessages } from './operations/queues.ts';
import { getSupporter } from './operations/supporters.ts';
import { grantToken } from './operations/tokens.ts';
import { patchUser, updateUser } from './operations/users.ts';
import { security } from './security.ts';
import { renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

const operations = {
  addClientGroupMembers,
  addGroupMembers,
  authenticateCustomer,
  bindDevice,
  bindDeviceV2,
  createClientGroup,
  createGroup,
  dequeueMessages,
  dissolveClientGroup,
  dissolveGroup,
  downloadAudio,
  downloadFile,
  downloadImage,
  getClientGroup,
  getOfflineFlag,
  getSupporter,
  grantToken,
  leaveClientGroup,
  leaveGroup,
  listClientGroups,
  listMessages,
  patchUser,
  registerCustomer,
  removeClientGroupMembers,
  removeGroupMembers,
  renameGroup,
  sendGroupMessage,
  sendGroupNotification,
  sendNotification,
  sendPeerMessage,
  sendRoomMessage,
  sendSystemMessage,
  streamEvents,
  unbindDevice,
  unbindDeviceV2,
  updateClientGroup,
  updateClientGroupMember,
  updateGroupMember,
  updateUser,
  upgradeGroup,
  uploadAudio,
  uploadFile,
  uploadImage,
  uploadRawAudio,
  uploadRawImage,
  uploadUnversionedFile,
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
  limits,
  demo,
  commands,
};
