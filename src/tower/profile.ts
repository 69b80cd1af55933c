import type { Account, GrantType, PagesProfile } from '../oauth/profile.ts';
import { randomHex } from '../secrets.ts';
import { findUser, findUserByUsername, type User } from './model/users.ts';

export const grants = ['password', 'authorization_code', 'refresh_token'] as const satisfies GrantType[];

/** How Tower's authorization server differs from those of the other APIs (T-5 to T-27). */
export const profile: PagesProfile = {
  api: 'tower',
  title: { 'zh-CN': 'Tower', en: 'Tower' },
  accounts: {
    findByLogin: async (database, login) => toAccount(await findUserByUsername(database, login)),
    findById: async (database, id) => toAccount(await findUser(database, id)),
  },
  grants,
  scopes: {},
  access: [
    { 'zh-CN': '读取你的昵称、邮箱和头像', en: 'Read your nickname, e-mail address and picture' },
    { 'zh-CN': '读取你在团队里的成员信息', en: 'Read your membership in your teams' },
    {
      'zh-CN': '以你的身份创建、更改和删除团队里的内容',
      en: 'Create, change and delete things in your teams in your name',
    },
  ],
  lifetimes: { accessToken: 7200, refreshToken: undefined, code: 600 },
  singleToken: true,
  newToken: () => randomHex(32),
  newCode: () => randomHex(32),
  sendsIssuer: true,
  paths: {
    authorize: '/oauth/authorize',
    code: '/oauth/authorize/native',
    token: '/oauth/token',
    revoke: '/oauth/revoke',
    signIn: '/oauth/sign_in',
    signOut: '/oauth/sign_out',
    home: '/app_center',
  },
  refreshByBearer: true,
  secondStep: {
    description:
      'The authorization server encountered an unexpected condition which prevented it from fulfilling the request.',
    message: (code) => `Tower 登录验证码：${code}，10 分钟内有效。`,
  },
  labels: {
    login: { 'zh-CN': '账号', en: 'User name' },
    loginHint: { 'zh-CN': '邮箱', en: 'E-mail address' },
  },
};

function toAccount(user: User | undefined): Account | undefined {
  return (
    user && {
      id: user.id,
      name: `${user.nickname}（${user.email}）`,
      passwordHash: user.password_hash,
      ...(user.second_step === 1 && { secondStep: { channel: 'wechat', to: user.username } }),
    }
  );
}
