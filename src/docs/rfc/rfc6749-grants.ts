import { codesOnly, deliberatelyNot, held, notApplicable, type Requirement, row } from './requirement.ts';

/** The grants of RFC 6749. */
export const grants: readonly Requirement[] = [
  row(
    '4.1.1',
    'MUST',
    { zh: '先检查授权请求，再问用户。', en: 'An authorization request is checked before the user is asked.' },
    held('test/oauth/authorization-code.test.ts > redirects an invalid request to a registered address with the error'),
  ),
  row(
    '4.1.2',
    'MUST',
    { zh: '授权码很快过期，建议最多十分钟。', en: 'A code expires shortly; ten minutes at most are recommended.' },
    held('test/oauth/authorization-code.test.ts > accepts a code for ten minutes'),
  ),
  row(
    '4.1.2',
    'MUST NOT',
    { zh: '授权码不能用两次。', en: 'A code is not used twice.' },
    held('test/oauth/races.test.ts > a hundred exchanges of one code: one succeeds'),
  ),
  row(
    '4.1.2',
    'SHOULD',
    { zh: '授权码第二次使用时，撤销第一次得到的令牌。', en: 'A second use of a code revokes the tokens of the first.' },
    held('test/oauth/authorization-code.test.ts > accepts a code once; a second use revokes its tokens'),
  ),
  row(
    '4.1.2',
    'MUST',
    { zh: '授权码与应用绑定。', en: 'A code is bound to its client.' },
    held("test/oauth/authorization-code.test.ts > rejects another client's code without consuming it"),
  ),
  row(
    '4.1.2',
    'MUST',
    { zh: '`state` 原样返回。', en: '`state` comes back as it was sent.' },
    held('test/oauth/redirect-uri.test.ts > comes back unchanged with random text'),
  ),
  row(
    '4.1.2',
    'SHOULD',
    { zh: '说明授权码的长度。', en: 'The size of codes is documented.' },
    deliberatelyNot({
      zh: '长度不作承诺：程序把授权码当作文本。',
      en: 'The length is no promise: programs keep codes as text.',
    }),
  ),
  row(
    '4.1.2.1',
    'MUST',
    { zh: '用户拒绝时返回 `access_denied`。', en: 'A refusal by the user returns `access_denied`.' },
    held('test/oauth/denial.test.ts > redirects with access_denied, state and iss, without a code'),
  ),
  row(
    '4.1.2.1',
    'MUST',
    { zh: '请求的错误带着它的 `state`。', en: 'Errors of a request carry its `state`.' },
    held('test/oauth/pkce.test.ts > redirects %s with invalid_request'),
  ),
  row(
    '4.1.3',
    'MUST',
    { zh: '换取令牌时认证应用。', en: 'The client of an exchange is authenticated.' },
    held('test/oauth/client-authentication.test.ts > authenticates the client before all other checks'),
  ),
  row(
    '4.1.3',
    'MUST',
    { zh: '授权码有效，并且是发给这个应用的。', en: 'The code is valid and was issued to this client.' },
    held(
      'test/oauth/authorization-code.test.ts > returns invalid_request without a code and invalid_grant for an unknown one',
    ),
  ),
  row(
    '4.1.3',
    'MUST',
    {
      zh: '`redirect_uri` 必须有，并与请求时的相同。',
      en: '`redirect_uri` is present and identical to that of the request.',
    },
    held('test/oauth/authorization-code.test.ts > requires the redirect_uri of the authorization request'),
  ),
  row(
    '4.2',
    'MUST',
    {
      zh: '隐式授权检查回调地址，在片段里返回令牌。',
      en: 'The implicit grant checks its redirection URI and returns the token in the fragment.',
    },
    notApplicable(codesOnly),
  ),
  row(
    '4.2.2',
    'MUST NOT',
    { zh: '隐式授权不发刷新令牌。', en: 'The implicit grant issues no refresh token.' },
    notApplicable(codesOnly),
  ),
  row(
    '4.3.2',
    'MUST',
    { zh: '密码方式认证应用。', en: 'The password grant authenticates the client.' },
    held('test/oauth/client-authentication.test.ts > returns 401 invalid_client with a challenge for %s'),
  ),
  row(
    '4.3.2',
    'MUST',
    { zh: '密码方式检查用户的密码。', en: 'The password grant checks the user’s password.' },
    held('test/oauth/password-grant.test.ts > returns the same error for an unknown user and a wrong password'),
  ),
  row(
    '4.3.2',
    'MUST',
    { zh: '密码方式防止穷举。', en: 'The password grant is protected against guessing.' },
    held(
      'test/oauth/limits.test.ts > return 429 with Retry-After after too many wrong passwords, and accept the right one after the pause',
    ),
  ),
  row(
    '4.4',
    'MUST',
    { zh: '只有带密钥的应用能用客户端凭据方式。', en: 'Only clients with a secret use the client credentials grant.' },
    held('test/ucenter/tokens.test.ts > require the credentials of the application'),
  ),
  row(
    '4.4.3',
    'SHOULD NOT',
    { zh: '客户端凭据方式不发刷新令牌。', en: 'The client credentials grant issues no refresh token.' },
    held(
      'test/ucenter/tokens.test.ts > client_credentials: issues no refresh token, and its token reaches only what needs no sign-in',
    ),
  ),
  row(
    '4.5',
    'MUST',
    { zh: '扩展的授权方式用绝对地址作 `grant_type`。', en: 'Extension grants have an absolute URI as `grant_type`.' },
    notApplicable(
      {
        zh: '没有扩展的方式；不认识的得到 `unsupported_grant_type`。',
        en: 'There are none; an unknown one gets `unsupported_grant_type`.',
      },
      'test/oauth/password-grant.test.ts > returns unsupported_grant_type for %s',
    ),
  ),
  row(
    '5.1',
    'MUST',
    {
      zh: '成功的答复是 JSON，有 `access_token` 和 `token_type`。',
      en: 'A success has `access_token` and `token_type` in JSON.',
    },
    held(
      'test/oauth/npm-clients.test.ts > oauth4webapi: discovery, code with PKCE, iss and state checked, protected resource, refresh, introspection, revocation',
    ),
  ),
  row(
    '5.1',
    'SHOULD',
    { zh: '成功的答复有 `expires_in`。', en: 'A success has `expires_in`.' },
    held('test/oauth/password-grant.test.ts > returns a token that is valid for two hours'),
  ),
  row(
    '5.1',
    'MUST',
    { zh: '带令牌的答复有 `Cache-Control: no-store`。', en: 'Answers with tokens have `Cache-Control: no-store`.' },
    held("test/oauth/password-grant.test.ts > returns the token of Tower's guide"),
  ),
  row(
    '5.1',
    'MUST',
    { zh: '带令牌的答复有 `Pragma: no-cache`。', en: 'Answers with tokens have `Pragma: no-cache`.' },
    deliberatelyNot(
      {
        zh: 'Tower 和 PPMessage 发送。UCenter 只发送 `Cache-Control`：HTTP 已经弃用 `Pragma`。',
        en: 'Tower and PPMessage send it. UCenter sends `Cache-Control` alone: HTTP has deprecated `Pragma`.',
      },
      "test/oauth/password-grant.test.ts > returns the token of Tower's guide",
    ),
  ),
  row(
    '5.2',
    'MUST',
    { zh: '错误是 400，带 RFC 规定的代码。', en: 'Errors are 400 with one of the codes of the RFC.' },
    held('test/oauth/npm-clients.test.ts > oauth4webapi: reads the errors of the token endpoint'),
  ),
  row(
    '5.2',
    'MUST',
    { zh: 'UCenter：密码错误得到 400。', en: 'UCenter: a wrong password gets 400.' },
    deliberatelyNot(
      { zh: 'UCenter 答复 401 和文档里的消息。', en: 'UCenter answers 401 with the message of its document.' },
      'test/ucenter/tokens.test.ts > password: answers a wrong password and an unknown user alike',
    ),
  ),
  row(
    '5.2',
    'MUST',
    { zh: '错误只用 RFC 规定的代码。', en: 'Errors use the codes of the RFC alone.' },
    deliberatelyNot(
      {
        zh: 'Tower 的指南用 401 表示两步验证，这里的代码是 `otp_required`。',
        en: 'Tower’s guide has two-step verification by a 401; its code here is `otp_required`.',
      },
      "test/oauth/second-step.test.ts > returns 401 with the description of Tower's guide, and sends a code of six digits through WeChat",
    ),
  ),
  row(
    '5.2',
    'MUST',
    {
      zh: 'HTTP Basic 认证失败时答复 401 和 Basic 质询。',
      en: 'After failed HTTP Basic the answer is 401 with a Basic challenge.',
    },
    held('test/oauth/client-authentication.test.ts > returns 401 invalid_client with a challenge for %s'),
  ),
  row(
    '5.2',
    'MUST',
    {
      zh: '应用不能用的授权方式得到 `unauthorized_client`。',
      en: 'A client without the right to a grant gets `unauthorized_client`.',
    },
    held(
      'test/oauth/client-authentication.test.ts > returns unauthorized_client for a grant that the client does not have',
    ),
  ),
  row(
    '5.2',
    'MUST',
    { zh: '不认识或不合语法的范围得到 `invalid_scope`。', en: 'An unknown or malformed scope gets `invalid_scope`.' },
    held('test/oauth/password-grant.test.ts > returns invalid_scope for the malformed scope %j (RFC 6749 §3.3)'),
  ),
  row(
    '6',
    'MUST',
    { zh: '刷新时认证应用。', en: 'A refresh authenticates the client.' },
    held('test/oauth/refresh.test.ts > returns invalid_client without client authentication, and with an unknown one'),
  ),
  row(
    '6',
    'MUST',
    {
      zh: '有密钥的应用用自己的密钥认证刷新。',
      en: 'Confidential clients authenticate a refresh with their own credentials.',
    },
    deliberatelyNot(
      {
        zh: 'Tower 的指南用访问令牌代替密钥，两者必须属于同一个应用和用户。UCenter 要求密钥。',
        en: 'Tower’s guide sends the access token in place of the secret; the two must belong to one client and user. UCenter requires the secret.',
      },
      "test/oauth/refresh.test.ts > accepts the parameters of Tower's guide: the Bearer token, refresh_token and grant_type",
    ),
  ),
  row(
    '6',
    'MUST NOT',
    { zh: '刷新不会扩大范围。', en: 'A refresh does not widen the scope.' },
    held('test/oauth/refresh.test.ts > keeps or narrows the scope, and never widens it (RFC 6749 §6)'),
  ),
  row(
    '6',
    'MUST',
    { zh: '新的刷新令牌与旧的范围相同。', en: 'A new refresh token has the scope of the old one.' },
    deliberatelyNot(
      {
        zh: '用较小的范围刷新之后，新的一对一直是较小的范围：少更安全，以后也不会变大。',
        en: 'A refresh with a narrower scope narrows the new pair for good: less is safer, and nothing is widened again.',
      },
      'test/ucenter/scopes.test.ts > stay narrow when a token is refreshed',
    ),
  ),
  row(
    '6',
    'MUST',
    { zh: '换掉的刷新令牌不再有效。', en: 'A replaced refresh token does not work again.' },
    held('test/oauth/refresh.test.ts > treats a repeated request as a replay after ten seconds'),
  ),
];
