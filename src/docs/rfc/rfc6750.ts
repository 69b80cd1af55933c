import { deliberatelyNot, held, notApplicable, type Requirement, row, tlsAtProxy } from './requirement.ts';

/** RFC 6750. */
export const rfc6750: readonly Requirement[] = [
  row(
    '2',
    'MUST NOT',
    { zh: '一个请求不能用两种方式发送令牌。', en: 'A request does not send its token in two ways.' },
    deliberatelyNot(
      {
        zh: 'UCenter 从几处读取，有一个正确就够了。',
        en: 'UCenter reads it from several places, and one that is right is enough.',
      },
      'test/ucenter/tokens.test.ts > lets in when one place has a right one, as the mock does',
    ),
  ),
  row(
    '2.1',
    'MUST',
    {
      zh: '资源服务器接受 `Authorization` 头里的 Bearer 令牌。',
      en: 'Resource servers accept the token in the `Authorization` header with the scheme Bearer.',
    },
    held('test/ppmessage/tokens.test.ts > is accepted as OAuth, in any case, and as Bearer'),
  ),
  row(
    '2.2',
    'MUST NOT',
    { zh: '令牌不能放在表单以外的请求体里。', en: 'The token does not stand in a body other than a form.' },
    deliberatelyNot(
      {
        zh: 'UCenter 的文档在 JSON 里把 `access_token` 与字段放在一起。',
        en: 'UCenter’s document sends JSON with `access_token` beside the fields.',
      },
      'test/ucenter/tokens.test.ts > is read from form, JSON, query and header of a POST, in both spellings',
    ),
  ),
  row(
    '2.3',
    'SHOULD NOT',
    { zh: '令牌不放在查询参数里。', en: 'The token does not stand in the query.' },
    deliberatelyNot(
      {
        zh: 'UCenter 的文档这样放，`QUERY_CREDENTIALS=0` 关闭。其他接口不读取。',
        en: 'UCenter’s document puts it there; `QUERY_CREDENTIALS=0` ends that. The other APIs do not read it there.',
      },
      'test/ucenter/tokens.test.ts > takes no token there (U-7)',
    ),
  ),
  row(
    '3',
    'MUST',
    {
      zh: '没有有效令牌的拒绝带 `WWW-Authenticate`。',
      en: 'A refusal for want of a valid token has `WWW-Authenticate`.',
    },
    held('test/tower/members.test.ts > returns 401 invalid_token to an unknown, expired or revoked token'),
  ),
  row(
    '3',
    'MUST',
    {
      zh: '质询的方案是 Bearer，至少有一个参数。',
      en: 'The scheme of the challenge is Bearer, with at least one parameter.',
    },
    held('test/tower/members.test.ts > returns 401 without a token, with a challenge without an error (RFC 6750 §3.1)'),
  ),
  row(
    '3',
    'MUST NOT',
    { zh: '`realm` 和 `scope` 在质询里只有一次。', en: '`realm` and `scope` stand in the challenge once.' },
    held('test/ucenter/scopes.test.ts > lets a token for user_info read, and neither change nor send anything'),
  ),
  row(
    '3',
    'SHOULD',
    { zh: '令牌错误时，质询写明错误。', en: 'The challenge for a wrong token names the error.' },
    held('test/ucenter/openid.test.ts > refuses a wrong token with the challenge of RFC 6750'),
  ),
  row(
    '3.1',
    'SHOULD NOT',
    { zh: '没有令牌时，质询里没有错误代码。', en: 'Without a token the challenge has no error code.' },
    held('test/tower/members.test.ts > returns 401 without a token, with a challenge without an error (RFC 6750 §3.1)'),
  ),
  row(
    '3.1',
    'SHOULD',
    { zh: '格式不对的请求得到 400。', en: 'A malformed request gets 400.' },
    held('test/ucenter/tokens.test.ts > gets 400 when it is missing and 401 when it is wrong'),
  ),
  row(
    '3.1',
    'SHOULD',
    { zh: '无效的令牌得到 401 和 `invalid_token`。', en: 'An invalid token gets 401 with `invalid_token`.' },
    held('test/oauth/single-token.test.ts > reports a replaced token as revoked'),
  ),
  row(
    '3.1',
    'SHOULD',
    { zh: 'PPMessage：无效的令牌得到 401。', en: 'PPMessage: an invalid token gets 401.' },
    deliberatelyNot(
      {
        zh: 'PPMessage 的文档一律用 HTTP 200，错误号在正文里，原有的程序只看它。',
        en: 'PPMessage’s document answers calls with HTTP 200 and an error number in the body; programs read that alone.',
      },
      'test/ppmessage/tokens.test.ts > is refused with HTTP 200 and the envelope',
    ),
  ),
  row(
    '3.1',
    'SHOULD',
    {
      zh: '范围不够的令牌得到 403 和 `insufficient_scope`。',
      en: 'A token without the needed scope gets 403 with `insufficient_scope`.',
    },
    held('test/ucenter/scopes.test.ts > lets a token for user_info read, and neither change nor send anything'),
  ),
  row(
    '5.2',
    'MUST',
    { zh: '令牌的内容不能被篡改。', en: 'The content of a token is protected against changes.' },
    held('test/oauth/secrets.test.ts > cannot be replaced by their hashes'),
  ),
  row(
    '5.2',
    'MUST',
    { zh: '带令牌的请求由 TLS 保护。', en: 'TLS protects requests with a token.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '5.2',
    'MUST NOT',
    {
      zh: '令牌不放在会明文发送的 Cookie 里。',
      en: 'Bearer tokens do not stand in cookies that can be sent in the clear.',
    },
    held('test/oauth/session.test.ts > has a Secure cookie behind https'),
  ),
  row(
    '5.3',
    'SHOULD',
    { zh: '访问令牌的有效期不超过一小时。', en: 'Access tokens live for an hour or less.' },
    deliberatelyNot(
      {
        zh: '文档规定 Tower 两小时、PPMessage 一天；UCenter 是一小时。',
        en: 'The documents give Tower two hours and PPMessage a day; UCenter has one hour.',
      },
      'test/ppmessage/tokens.test.ts > lives 24 hours',
    ),
  ),
  row(
    '5.3',
    'SHOULD',
    { zh: '令牌的范围与用途相符。', en: 'A token has a scope for its purpose.' },
    held('test/ucenter/scopes.test.ts > lets a token for user_info read, and neither change nor send anything'),
  ),
  row(
    '5.3',
    'SHOULD',
    { zh: '令牌只给一个受众。', en: 'A token is meant for one audience.' },
    held('test/ucenter/isolation.test.ts > have clients, tokens and users of their own'),
  ),
  row(
    '5.3',
    'SHOULD NOT',
    { zh: '令牌不放在页面的地址里。', en: 'Tokens do not stand in addresses of pages.' },
    held('test/oauth/redirect-uri.test.ts > adds the code to the query of a registered address'),
  ),
];
