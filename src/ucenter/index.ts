import contract from '../../generated/ucenter.json' with { type: 'json' };
import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { commands } from './commands.ts';
import { deleteExpired } from './database/housekeeping.ts';
import { migrations } from './database/migrations.ts';
import { demo } from './demo.ts';
import { limits } from './limits.ts';
import { updatePassword } from './model/passwords.ts';
import { rotateApplicationSecret } from './operations/applications.ts';
import { decideAuthorization, showAuthorization } from './operations/authorizations.ts';
import { listEmails, sendEmail } from './operations/emails.ts';
import { downloadFile, listFiles, uploadFile } from './operations/files.ts';
import { createLog, listLogs } from './operations/logs.ts';
import {
  createPermission,
  deletePermission,
  giveRolePermission,
  listPermissions,
  listUserPermissions,
  takeRolePermission,
  updatePermission,
} from './operations/permissions.ts';
import {
  createRole,
  deleteRole,
  giveUserRole,
  listRoles,
  listUserRolePermissions,
  listUserRoles,
  takeUserRole,
  updateRole,
} from './operations/roles.ts';
import { createSession, deleteSession, showAccount, showSignIn } from './operations/sessions.ts';
import { listSmsMessages, sendSmsCode, verifySmsCode } from './operations/sms-codes.ts';
import { createAccessToken, revokeToken } from './operations/tokens.ts';
import { createUser, getUser, updateUser } from './operations/users.ts';
import { security } from './security.ts';
import { renderError } from './wire/errors.ts';
import type { Operations } from './wire/operation.ts';

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
