import { deliberatelyNot, held, notApplicable, type Requirement, row } from './requirement.ts';

/** The attacks of RFC 9700, section 4. */
export const attacks: readonly Requirement[] = [
  row(
    '4.2.4',
    'SHOULD NOT',
    {
      zh: '页面不载入其他来源的内容，也没有通往那里的链接。',
      en: 'Pages load nothing from other origins and have no links there.',
    },
    held('test/ppmessage/authorization.test.ts > keeps passwords and codes out of caches, frames and scripts'),
  ),
  row(
    '4.2.4',
    'SHOULD',
    { zh: '用策略去掉 Referer。', en: 'The Referer is suppressed by a policy.' },
    held('test/oauth/authorization-code.test.ts > keeps codes out of caches and out of the Referer header'),
  ),
  row(
    '4.2.4',
    'MUST',
    { zh: '授权码用过一次就失效。', en: 'A code is void after its first use.' },
    held(
      'test/ucenter/tokens.test.ts > authorization_code: redeems a code at most once for twenty concurrent requests',
    ),
  ),
  row(
    '4.2.4',
    'SHOULD',
    { zh: '授权码再次使用时撤销它的令牌。', en: 'A second use of a code revokes its tokens.' },
    held('test/ppmessage/tokens.test.ts > works once; a second use ends its token'),
  ),
  row(
    '4.3.2',
    'MUST NOT',
    { zh: '访问令牌不放在查询参数里。', en: 'Access tokens do not stand in the query.' },
    deliberatelyNot(
      {
        zh: 'UCenter 的文档这样放，`QUERY_CREDENTIALS=0` 关闭。',
        en: 'UCenter’s document puts them there; `QUERY_CREDENTIALS=0` ends that.',
      },
      'test/ucenter/tokens.test.ts > takes no token there (U-7)',
    ),
  ),
  row(
    '4.4.2',
    'SHOULD',
    { zh: '服务器发送 `iss`，防止混淆攻击。', en: 'The server sends `iss` against mix-up attacks.' },
    held('test/oauth/authorization-code.test.ts > sends iss to a client that sends a challenge'),
  ),
  row(
    '4.5.3',
    'MUST',
    { zh: '授权码只对自己的应用有效。', en: 'A code works for its own client alone.' },
    held('test/ppmessage/tokens.test.ts > belongs to its key'),
  ),
  row(
    '4.7',
    'MUST',
    { zh: '授权服务器的表单带防跨站的令牌。', en: 'Forms of the authorization server carry a token against CSRF.' },
    held('test/oauth/csrf.test.ts > returns 403 for a wrong token, another browser and missing cookies'),
  ),
  row(
    '4.8.2',
    'MUST',
    {
      zh: '`code_challenge` 与授权码绑定，同意时再检查一次。',
      en: 'The challenge is bound to its code, and checked again with the consent.',
    },
    held('test/oauth/pkce.test.ts > checks the challenge again on submission of the consent form'),
  ),
  row(
    '4.9.2',
    'SHOULD',
    {
      zh: '令牌像密码一样保存：没有明文，不进日志。',
      en: 'Tokens are kept like passwords: not in plain text, and not in logs.',
    },
    held('test/oauth/secrets.test.ts > are not in the log'),
  ),
  row(
    '4.11.2',
    'MUST',
    { zh: '用户登录之后，错误才跳转到应用。', en: 'The user signs in before an error redirects to a client.' },
    held('test/oauth/authorization-code.test.ts > shows the error on a page while the user is not signed in'),
  ),
  row(
    '4.12',
    'MUST NOT',
    { zh: '带用户密码的请求不用 307 跳转。', en: 'A request with the user’s password is not redirected with 307.' },
    held('test/ppmessage/authorization.test.ts > keeps passwords and codes out of caches, frames and scripts'),
  ),
  row(
    '4.12',
    'SHOULD',
    { zh: '这样的跳转用 303。', en: 'Such a redirect uses 303.' },
    deliberatelyNot(
      {
        zh: '用 302，浏览器随后发送没有正文的 GET。',
        en: 'It is 302, after which browsers send a GET without a body.',
      },
      'test/ppmessage/authorization.test.ts > keeps passwords and codes out of caches, frames and scripts',
    ),
  ),
  row(
    '4.13',
    'MUST',
    { zh: '代理设置的请求头只相信来自代理的。', en: 'Headers that a proxy sets are believed from a proxy alone.' },
    held('test/tower/hosts.test.ts > ignores forwarded headers without a trusted proxy'),
  ),
  row(
    '4.14.2',
    'MUST',
    { zh: '换掉的刷新令牌再次使用时撤销授权。', en: 'The second use of a rotated refresh token revokes the grant.' },
    held('test/oauth/refresh.test.ts > treats a repeated request as a replay once the new refresh token was used'),
  ),
  row(
    '4.14.2',
    'MUST',
    { zh: '刷新令牌与用户同意的范围绑定。', en: 'Refresh tokens are bound to the scope the user agreed to.' },
    held('test/oauth/refresh.test.ts > keeps or narrows the scope, and never widens it (RFC 6749 §6)'),
  ),
  row(
    '4.14.2',
    'SHOULD',
    { zh: '不用的刷新令牌会过期。', en: 'Refresh tokens expire when they are not used.' },
    deliberatelyNot(
      {
        zh: 'Tower 的文档没有规定期限。UCenter 的 30 天后过期。',
        en: 'Tower’s document gives them no lifetime. UCenter’s expire after 30 days.',
      },
      'test/ucenter/tokens.test.ts > is refused after 30 days',
    ),
  ),
  row(
    '4.15',
    'SHOULD NOT',
    { zh: '应用不能自己选择 `client_id`。', en: 'Clients cannot choose their `client_id`.' },
    held('test/tower/applications.test.ts > creates an application, shows its secret once and accepts it at once'),
  ),
  row(
    '4.15',
    'SHOULD NOT',
    { zh: '应用自己的令牌不会被当作用户的。', en: 'A token of a client for itself cannot be taken for a user’s.' },
    held("test/ucenter/isolation.test.ts > returns 403 to an application's own token where a user is needed"),
  ),
  row(
    '4.16',
    'MUST',
    { zh: '页面防止点击劫持。', en: 'Pages are protected against clickjacking.' },
    held('test/pages.test.ts > cannot be framed by another page'),
  ),
  row(
    '4.17',
    'MUST',
    {
      zh: '用浏览器内消息答复时只发给登记的来源。',
      en: 'Responses by in-browser messages go to the registered origin.',
    },
    notApplicable({
      zh: '答复只用跳转：`response_modes_supported` 是 `query`。',
      en: 'Responses are redirects alone: `response_modes_supported` is `query`.',
    }),
  ),
];
