import type { Account, PagesProfile } from '../oauth/profile.ts';
import { randomAlphanumeric } from '../secrets.ts';
import { findByLogin, findUser, type UserRow } from './model/users.ts';

/** How UCenter's authorization server differs from those of the other APIs (U-10 to U-19). */
export const profile: PagesProfile = {
  api: 'ucenter',
  title: { 'zh-CN': 'UCenter 用户中心', en: 'UCenter' },
  accounts: {
    findByLogin: async (database, login) => toAccount(await findByLogin(database, login.trim())),
    findById: async (database, id) => toAccount(await findUser(database, Number(id))),
  },
  grants: ['authorization_code', 'password', 'client_credentials', 'refresh_token'],
  scopes: { user_info: { 'zh-CN': '读取个人信息', en: 'Read your personal information' } },
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

function toAccount(user: UserRow | undefined): Account | undefined {
  return user && { id: String(user.id), name: user.username, passwordHash: user.password_hash };
}
