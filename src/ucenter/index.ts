import contract from '../../generated/ucenter.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { rotateApplicationSecret } from './applications.ts';
import { decideAuthorization, showAuthorization } from './authorizations.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { listEmails, sendEmail } from './emails.ts';
import { renderError } from './errors.ts';
import { downloadFile, listFiles, uploadFile } from './files.ts';
import { limits } from './limits.ts';
import { createLog, listLogs } from './logs.ts';
import type { Operations } from './operation.ts';
import { updatePassword } from './passwords.ts';
import {
  createPermission,
  deletePermission,
  giveRolePermission,
  listPermissions,
  listUserPermissions,
  takeRolePermission,
  updatePermission,
} from './permissions.ts';
import {
  createRole,
  deleteRole,
  giveUserRole,
  listRoles,
  listUserRolePermissions,
  listUserRoles,
  takeUserRole,
  updateRole,
} from './roles.ts';
import { security } from './security.ts';
import { createSession, deleteSession, showAccount, showSignIn } from './sessions.ts';
import { listSmsMessages, sendSmsCode, verifySmsCode } from './sms-codes.ts';
import { createAccessToken, revokeToken } from './tokens.ts';
import { createUser, getUser, updateUser } from './users.ts';

const operations = {
  createAccessToken,
  createLog,
  createPermission,
  createRole,
  createSession,
  createUser,
  decideAuthorization,
  deletePermission,
  deleteRole,
  deleteSession,
  downloadFile,
  getUser,
  giveRolePermission,
  giveUserRole,
  listEmails,
  listFiles,
  listLogs,
  listPermissions,
  listRoles,
  listSmsMessages,
  listUserPermissions,
  listUserRolePermissions,
  listUserRoles,
  revokeToken,
  rotateApplicationSecret,
  sendEmail,
  sendSmsCode,
  showAccount,
  showAuthorization,
  showSignIn,
  takeRolePermission,
  takeUserRole,
  updatePassword,
  updatePermission,
  updateRole,
  updateUser,
  uploadFile,
  verifySmsCode,
} satisfies Operations;

/** The user centre: one place where people sign in for many applications. */
export const ucenter: Api = {
  name: 'ucenter',
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
