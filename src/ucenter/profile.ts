import { type OperandExpression, sql } from 'kysely';
import type { Account, PagesProfile, Text } from '../oauth/profile.ts';
import { randomAlphanumeric } from '../secrets.ts';
import type { OpenIdScope, Scope } from './model/access.ts';
import { findByLogin, findUser, type UserRow } from './model/users.ts';

const openIdScopes: readonly OpenIdScope[] = ['openid', 'profile', 'email', 'phone', 'address'];

/** How UCenter's authorization server differs from those of the other APIs (U-10 to U-19, U-52 to U-54). */
export const profile: PagesProfile = {
  api: 'ucenter',
  title: { 'zh-CN': 'UCenter 用户中心', en: 'UCenter' },
  accounts: {
    findByLogin: async (database, login) => toAccount(await findByLogin(database, login.trim())),
    findById: async (database, id) => toAccount(await findUser(database, toUserId(id))),
  },
  grants: ['authorization_code', 'password', 'client_credentials', 'refresh_token'],
  scopes: {
    user_info: {
      'zh-CN': '读取个人信息：用户名、邮箱、手机号和资料，以及你在该应用里的角色和权限',
      en: 'Read your personal information: user name, e-mail address, phone number and profile, and your roles and permissions in the application',
    },
    user_details: { 'zh-CN': '修改你的资料，例如职位和地址', en: 'Change your profile, such as position and address' },
    user_account: {
      'zh-CN': '修改你登录用的用户名、邮箱和手机号；有原密码或短信验证码时，还有密码',
      en: 'Change the user name, e-mail address and phone number that you sign in with, and with the old password or an SMS code the password',
    },
    message_send: {
      'zh-CN': '以用户中心的名义发送短信验证码和邮件',
      en: 'Send SMS codes and e-mail in the name of the user centre',
    },
    record_write: { 'zh-CN': '保存文件，记录日志', en: 'Store files and write logs' },
    app_admin: {
      'zh-CN': '如果你管理该应用：查看它的用户和记录，管理角色、权限和密钥',
      en: 'If you administer the application: see its users and records, and manage roles, permissions and its secret',
    },
    openid: {
      'zh-CN': '用你的账号登录：知道你的用户编号',
      en: 'Sign you in with your account: know your user number',
    },
    profile: { 'zh-CN': '知道你的用户名和性别', en: 'Know your user name and your sex' },
    email: { 'zh-CN': '知道你的邮箱', en: 'Know your e-mail address' },
    phone: { 'zh-CN': '知道你的手机号', en: 'Know your phone number' },
    address: { 'zh-CN': '知道你的地址', en: 'Know your address' },
  } satisfies Record<Scope | OpenIdScope, Text>,
  // They tell no more than `user_info` (U-52).
  impliedScopes: { user_info: openIdScopes },
  openId: true,
  access: [],
  lifetimes: { accessToken: 3600, refreshToken: 30 * 24 * 3600, code: 600 },
  singleToken: false,
  // The form of the document's tokens (U-17).
  newToken: () => randomAlphanumeric(40),
  newCode: () => randomAlphanumeric(40),
  paths: {
    authorize: '/oauth/authorize',
    token: '/api/oauth/accessToken',
    revoke: '/api/oauth/revoke',
    signIn: '/oauth/sign_in',
    signOut: '/oauth/sign_out',
    home: '/oauth/account',
  },
  refreshByBearer: false,
  sendsIssuer: true,
  labels: {
    login: { 'zh-CN': '账号', en: 'Account' },
    loginHint: { 'zh-CN': '用户名/手机号/邮箱', en: 'User name, phone number or e-mail address' },
  },
};

/** The scopes that an application is registered with. Those of OpenID Connect are not among them (U-52). */
export const defaultScopes: readonly string[] = Object.keys(profile.scopes).filter(
  (scope) => !openIdScopes.some((name) => name === scope),
);

function toAccount(user: UserRow | undefined): Account | undefined {
  return user && { id: String(user.id), name: user.username, passwordHash: user.password_hash };
}

/** The authorization server keeps the ids of users as text. */
const toUserId = (id: string | OperandExpression<string>) =>
  typeof id === 'string' ? Number(id) : sql<number>`cast(${id} as bigint)`;
