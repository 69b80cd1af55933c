import { deliberatelyNot, held, type Requirement, row } from './requirement.ts';

/** The best practices of RFC 9700, section 2. */
export const practices: readonly Requirement[] = [
  row(
    '2.1',
    'MUST',
    {
      zh: '回调地址逐字比较，本机端口除外。',
      en: 'Redirection URIs are compared character by character, but for loopback ports.',
    },
    held('test/oauth/redirect-uri.test.ts > shows an error page when it is %s'),
  ),
  row(
    '2.1',
    'MUST NOT',
    { zh: '授权服务器不做开放的跳转。', en: 'The authorization server is no open redirector.' },
    held('test/oauth/return-to.test.ts > stays on the server for a browser that is signed in, and for changed forms'),
  ),
  row(
    '2.1',
    'MUST',
    {
      zh: '不会意外地把带用户密码的请求转给别处。',
      en: 'Browsers with the user’s credentials are not sent on by accident.',
    },
    held('test/ppmessage/authorization.test.ts > keeps passwords and codes out of caches, frames and scripts'),
  ),
  row(
    '2.1.1',
    'MUST',
    { zh: '公开应用使用 PKCE。', en: 'Public clients use PKCE.' },
    held('test/oauth/pkce.test.ts > is required for a public client'),
  ),
  row(
    '2.1.1',
    'SHOULD',
    { zh: '有密钥的应用也使用 PKCE。', en: 'Clients with a secret use PKCE, too.' },
    deliberatelyNot(
      {
        zh: '可以用，但不强求：文档比 PKCE 早，原有的程序不发送。',
        en: 'It is an option for them: the documents are older than PKCE, and existing programs do not send it.',
      },
      'test/oauth/general-clients.test.ts > $name at $api, secret in $credentials, PKCE $pkce',
    ),
  ),
  row(
    '2.1.1',
    'MUST',
    { zh: '服务器支持 PKCE。', en: 'The server supports PKCE.' },
    held('test/oauth/pkce.test.ts > accepts the verifier of the challenge (example of RFC 7636)'),
  ),
  row(
    '2.1.1',
    'MUST',
    { zh: '有 `code_challenge` 就必须验证。', en: 'After a challenge the verifier is enforced.' },
    held('test/oauth/pkce.test.ts > rejects a missing or wrong verifier without consuming the code'),
  ),
  row(
    '2.1.1',
    'MUST',
    {
      zh: '没有 `code_challenge` 时拒绝 `code_verifier`（降级）。',
      en: 'A verifier without a challenge is refused (downgrade).',
    },
    held('test/oauth/pkce.test.ts > rejects a verifier when the request had no challenge (downgrade)'),
  ),
  row(
    '2.1.1',
    'MUST',
    {
      zh: '应用能得知支持 PKCE：Tower 和 UCenter 的元数据写明。',
      en: 'Clients can find out that PKCE is supported: the metadata of Tower and UCenter says so.',
    },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '2.1.2',
    'SHOULD NOT',
    { zh: '授权的答复里不发访问令牌。', en: 'Access tokens are not issued in the authorization response.' },
    held('test/ppmessage/authorization.test.ts > shows a page for a wrong response_type, and does not redirect'),
  ),
  row(
    '2.2.1',
    'SHOULD',
    { zh: '访问令牌与持有者绑定。', en: 'Access tokens are bound to their sender.' },
    deliberatelyNot({
      zh: '没有双向 TLS 和 DPoP：原有的程序只会发送 Bearer 令牌。',
      en: 'Neither mutual TLS nor DPoP: existing programs send bearer tokens alone.',
    }),
  ),
  row(
    '2.2.2',
    'MUST',
    {
      zh: '公开应用的刷新令牌要绑定或者轮换。',
      en: 'Refresh tokens of public clients are bound to the sender or rotated.',
    },
    held('test/oauth/refresh.test.ts > revokes the old pair at once'),
  ),
  row(
    '2.3',
    'SHOULD',
    { zh: '令牌的权限尽量小。', en: 'The rights of a token are the least that is needed.' },
    held('test/ucenter/scopes.test.ts > lets a token for user_info read, and neither change nor send anything'),
  ),
  row(
    '2.3',
    'SHOULD',
    { zh: '令牌只用于一个资源服务器。', en: 'A token is restricted to one resource server.' },
    held('test/ucenter/isolation.test.ts > have clients, tokens and users of their own'),
  ),
  row(
    '2.3',
    'MUST',
    { zh: '资源服务器拒绝不是给它的令牌。', en: 'A resource server refuses tokens that are not meant for it.' },
    held('test/ucenter/isolation.test.ts > have clients, tokens and users of their own'),
  ),
  row(
    '2.4',
    'MUST NOT',
    { zh: '不用密码方式。', en: 'The password grant is not used.' },
    deliberatelyNot(
      {
        zh: 'Tower 和 UCenter 的文档规定了它。公开应用没有；`--password-grant 0` 可以关闭。',
        en: 'Tower’s and UCenter’s documents prescribe it. Public clients never have it; `--password-grant 0` switches it off.',
      },
      'test/oauth/client-authentication.test.ts > returns unauthorized_client for the password grant of a public client (RFC 9700 §2.4)',
    ),
  ),
  row(
    '2.5',
    'SHOULD',
    { zh: '尽可能认证应用。', en: 'Clients are authenticated where possible.' },
    held('test/oauth/client-authentication.test.ts > returns 401 invalid_client with a challenge for %s'),
  ),
  row(
    '2.5',
    'SHOULD',
    { zh: '应用用非对称密钥认证。', en: 'Clients authenticate with asymmetric keys.' },
    deliberatelyNot({ zh: '文档里只有密钥。', en: 'The documents have secrets alone.' }),
  ),
  row(
    '2.6',
    'SHOULD',
    { zh: '服务器公布元数据，应用使用它。', en: 'The server publishes metadata, and clients use it.' },
    held(
      'test/oauth/npm-clients.test.ts > oauth4webapi: discovery, code with PKCE, iss and state checked, protected resource, refresh, introspection, revocation',
    ),
  ),
  row(
    '2.6',
    'MUST NOT',
    {
      zh: '拒绝 http 的回调地址，本机除外。',
      en: 'Redirection URIs with http are refused, but for the loopback interface.',
    },
    held("test/tower/applications.test.ts > rejects %s with 400, shows the reason and keeps the form's values"),
  ),
  row(
    '2.6',
    'MUST NOT',
    { zh: '授权端点不支持 CORS。', en: 'The authorization endpoint has no CORS.' },
    held('test/oauth/cors.test.ts > is not allowed on the page %s'),
  ),
];
