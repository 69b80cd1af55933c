import contract from '../../generated/gobelieve.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import {
  createClientGroup,
  dissolveClientGroup,
  getClientGroup,
  listClientGroups,
  updateClientGroup,
} from './client-groups.ts';
import {
  addClientGroupMembers,
  leaveClientGroup,
  removeClientGroupMembers,
  updateClientGroupMember,
} from './client-members.ts';
import { commands } from './commands.ts';
import { authenticateCustomer, registerCustomer } from './customers.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { bindDevice, bindDeviceV2, unbindDevice, unbindDeviceV2 } from './devices.ts';
import { renderError } from './errors.ts';
import { streamEvents } from './events.ts';
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
} from './files.ts';
import { createGroup, dissolveGroup, renameGroup, upgradeGroup } from './groups.ts';
import { limits } from './limits.ts';
import { addGroupMembers, leaveGroup, removeGroupMembers, updateGroupMember } from './members.ts';
import {
  sendGroupMessage,
  sendGroupNotification,
  sendNotification,
  sendPeerMessage,
  sendRoomMessage,
  sendSystemMessage,
} from './messages.ts';
import type { Operations } from './operation.ts';
import { dequeueMessages, getOfflineFlag, listMessages } from './queues.ts';
import { security } from './security.ts';
import { getSupporter } from './supporters.ts';
import { grantToken } from './tokens.ts';
import { patchUser, updateUser } from './users.ts';

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
