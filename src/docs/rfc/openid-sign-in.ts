import { codesOnly, deliberatelyNot, held, notApplicable, type Requirement, row } from './requirement.ts';

/** OpenID Connect Core: ID tokens and sign-in. */
export const signIn: readonly Requirement[] = [
  row(
    '2',
    'MUST',
    {
      zh: 'ID 令牌有 `iss`、`sub`、`aud`、`exp` 和 `iat`。',
      en: 'An ID token has `iss`, `sub`, `aud`, `exp` and `iat`.',
    },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '2',
    'MUST NOT',
    { zh: '`sub` 最多 255 个 ASCII 字符。', en: '`sub` has at most 255 ASCII characters.' },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '2',
    'MUST',
    { zh: '请求有 `max_age` 时带 `auth_time`。', en: '`auth_time` is present after a request with `max_age`.' },
    held(
      'test/ucenter/openid.test.ts > ask a user who is signed in to sign in again, with prompt=login and after max_age',
    ),
  ),
  row(
    '2',
    'MUST',
    { zh: '请求的 `nonce` 写入 ID 令牌。', en: '`nonce` of the request stands in the ID token.' },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '2',
    'MUST',
    { zh: 'ID 令牌有签名。', en: 'ID tokens are signed.' },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '2',
    'MUST NOT',
    { zh: '不用 `none` 算法。', en: 'The algorithm `none` is not used.' },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '3.1.2.1',
    'MUST',
    { zh: '授权端点支持 GET。', en: 'The authorization endpoint answers GET.' },
    held('test/oauth/general-clients.test.ts > $name with OpenID Connect at $api, secret in $credentials, PKCE $pkce'),
  ),
  row(
    '3.1.2.1',
    'MUST',
    { zh: '授权端点也接受 POST 的请求。', en: 'The authorization endpoint takes a request by POST, too.' },
    deliberatelyNot(
      {
        zh: 'POST 是同意页上的决定，带防跨站的令牌。',
        en: 'POST is the decision on the consent page, with a token against CSRF.',
      },
      'test/ucenter/authorizations.test.ts > refuses a decision without the CSRF token of the form',
    ),
  ),
  row(
    '3.1.2.1',
    'MUST',
    {
      zh: '有 `openid` 范围的请求得到 ID 令牌，没有就是普通的 OAuth。',
      en: 'A request with the scope `openid` gets an ID token, and one without it is plain OAuth.',
    },
    held('test/ucenter/openid.test.ts > is only for those who request it, and for users who sign in on the pages'),
  ),
  row(
    '3.1.2.1',
    'MUST NOT',
    { zh: '`prompt=none` 不显示页面。', en: '`prompt=none` shows no page.' },
    held('test/ucenter/openid.test.ts > show nothing with prompt=none and say what the user would have to do'),
  ),
  row(
    '3.1.2.1',
    'MUST',
    { zh: '`prompt=none` 与其他值一起是错误。', en: '`prompt=none` with other values is an error.' },
    held('test/ucenter/openid.test.ts > refuse %j with %s'),
  ),
  row(
    '3.1.2.1',
    'SHOULD',
    { zh: '`prompt=login` 要求用户重新登录。', en: '`prompt=login` asks the user to sign in again.' },
    held(
      'test/ucenter/openid.test.ts > ask a user who is signed in to sign in again, with prompt=login and after max_age',
    ),
  ),
  row(
    '3.1.2.1',
    'SHOULD',
    { zh: '`prompt=consent` 征求用户的同意。', en: '`prompt=consent` asks for the user’s consent.' },
    held('test/ucenter/openid.test.ts > do not ask again before max_age, nor with prompt=consent'),
  ),
  row(
    '3.1.2.1',
    'MUST',
    { zh: '过了 `max_age`，用户重新登录。', en: 'After `max_age` the user signs in again.' },
    held(
      'test/ucenter/openid.test.ts > ask a user who is signed in to sign in again, with prompt=login and after max_age',
    ),
  ),
  row(
    '3.1.2.2',
    'MUST',
    {
      zh: '检查 OAuth 和 OpenID Connect 的全部参数。',
      en: 'All OAuth parameters are checked, and the OpenID Connect ones.',
    },
    held('test/ucenter/openid.test.ts > refuse %j with %s'),
  ),
  row(
    '3.1.2.2',
    'MUST',
    {
      zh: '有 `id_token_hint` 和 `prompt=none` 时，只为那个用户成功。',
      en: 'With `id_token_hint` and `prompt=none` a success is for that user alone.',
    },
    notApplicable(
      {
        zh: '`prompt=none` 从不成功：每次都有同意页。',
        en: '`prompt=none` never succeeds: the consent page appears every time.',
      },
      'test/ucenter/openid.test.ts > show nothing with prompt=none and say what the user would have to do',
    ),
  ),
  row(
    '3.1.2.3',
    'MUST',
    { zh: '登录和同意防跨站伪造和点击劫持。', en: 'Sign-in and consent are protected against CSRF and clickjacking.' },
    held('test/ucenter/authorizations.test.ts > refuses a decision without the CSRF token of the form'),
  ),
  row(
    '3.1.2.4',
    'MUST',
    { zh: '用户决定之后才给出资料。', en: 'The user decides before claims are released.' },
    held('test/ucenter/openid.test.ts > are on the consent page'),
  ),
  row(
    '3.1.2.6',
    'MUST',
    {
      zh: '错误带 `login_required` 或 `consent_required` 和 `state` 跳转。',
      en: 'Errors redirect with `login_required` or `consent_required`, and `state`.',
    },
    held('test/ucenter/openid.test.ts > show nothing with prompt=none and say what the user would have to do'),
  ),
  row(
    '3.1.3.2',
    'MUST',
    { zh: '授权码照 OAuth 检查。', en: 'The code is checked as OAuth has it.' },
    held('test/ucenter/tokens.test.ts > authorization_code: redeems a code once, with the redirect_uri of the request'),
  ),
  row(
    '3.1.3.3',
    'MUST',
    { zh: '令牌的答复有 `id_token`，不缓存。', en: 'The token answer has `id_token`, and is not cached.' },
    held('test/oauth/general-clients.test.ts > $name with OpenID Connect at $api, secret in $credentials, PKCE $pkce'),
  ),
  row(
    '3.1.3.6',
    'MUST',
    { zh: '`at_hash` 是访问令牌摘要的左半。', en: '`at_hash` is the left half of the access token’s digest.' },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '3.2',
    'MUST',
    { zh: '隐式和混合流程有自己的规则。', en: 'The implicit and the hybrid flow follow their own rules.' },
    notApplicable(codesOnly),
  ),
];
