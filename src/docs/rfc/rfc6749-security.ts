import { deliberatelyNot, held, heldIn, type Requirement, row } from './requirement.ts';

/** The security considerations of RFC 6749. */
export const considerations: readonly Requirement[] = [
  row(
    '10.1',
    'MUST NOT',
    {
      zh: '原生程序和浏览器里的程序不发给密钥。',
      en: 'Native and browser clients get no secret to authenticate with.',
    },
    deliberatelyNot(
      {
        zh: '应用中心的页面和原有的文档给每个应用一个密钥。Tower 的 `app create --public 1` 登记没有密钥的应用。',
        en: 'The pages of the app centre and the older documents give every application a secret. Tower’s `app create --public 1` registers one without.',
      },
      'test/oauth/pkce.test.ts > allows a public client to get and refresh its token',
    ),
  ),
  row(
    '10.2',
    'SHOULD',
    {
      zh: '用户自己决定，并看到是哪个应用、要什么。',
      en: 'The user decides, and sees the client and what it asks for.',
    },
    held(
      "test/oauth/authorization-code.test.ts > shows the application's name and the redirection URI on the consent page",
    ),
  ),
  row(
    '10.2',
    'SHOULD NOT',
    {
      zh: '重复的请求不会不经用户决定就同意。',
      en: 'Repeated requests are not granted without a decision of the user.',
    },
    held('test/oauth/denial.test.ts > does not treat a missing or unknown decision as consent'),
  ),
  row(
    '10.3',
    'MUST',
    { zh: '保存的访问令牌要保密。', en: 'Access tokens are confidential where they are stored.' },
    held('test/oauth/secrets.test.ts > are not in the database'),
  ),
  row(
    '10.4',
    'MUST',
    { zh: '刷新令牌与应用绑定。', en: 'Refresh tokens are bound to their client.' },
    held("test/oauth/refresh.test.ts > rejects another client's refresh token without consuming it"),
  ),
  row(
    '10.6',
    'MUST',
    {
      zh: '换取令牌时的回调地址与请求授权码时的相同。',
      en: 'The redirection URI of the code’s request equals the one at the exchange.',
    },
    held('test/oauth/authorization-code.test.ts > requires the redirect_uri of the authorization request'),
  ),
  row(
    '10.10',
    'MUST',
    {
      zh: '令牌和授权码猜不到：至少 128 位随机数。',
      en: 'Tokens and codes cannot be guessed: at least 128 random bits.',
    },
    heldIn('src/tower/profile.ts'),
  ),
  row(
    '10.10',
    'MUST',
    { zh: '用户输入的密码要防止穷举。', en: 'Passwords that users type are protected against guessing.' },
    held('test/oauth/limits.test.ts > count for the account over all clients and in the browser'),
  ),
  row(
    '10.12',
    'MUST',
    { zh: '授权端点防跨站请求伪造。', en: 'The authorization endpoint is protected against CSRF.' },
    held('test/oauth/csrf.test.ts > returns 403 for a wrong token, another browser and missing cookies'),
  ),
  row(
    '10.13',
    'SHOULD',
    { zh: '页面不能放进框架。', en: 'The pages cannot be framed.' },
    held('test/oauth/csrf.test.ts > is on a page that cannot be framed'),
  ),
  row(
    '10.14',
    'MUST',
    {
      zh: '请求里的值，特别是 `state`，要处理之后才使用。',
      en: 'Values from requests, `state` above all, are sanitized.',
    },
    held('test/oauth/redirect-uri.test.ts > comes back unchanged with %s'),
  ),
  row(
    '10.15',
    'MUST',
    { zh: '服务器不做开放的跳转。', en: 'The server is no open redirector.' },
    held('test/oauth/return-to.test.ts > stays on the server after sign-in'),
  ),
];
