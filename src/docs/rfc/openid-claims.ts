import { held, heldIn, notApplicable, type Requirement, row, tlsAtProxy } from './requirement.ts';

/** OpenID Connect Core: claims, keys and the rest. */
export const claims: readonly Requirement[] = [
  row(
    '5.1',
    'MUST',
    {
      zh: '`email_verified` 和 `phone_number_verified` 如实写明。',
      en: '`email_verified` and `phone_number_verified` say what was verified.',
    },
    held('test/ucenter/openid.test.ts > has the claims of the scopes'),
  ),
  row(
    '5.3',
    'MUST',
    { zh: 'UserInfo 支持 GET 和 POST。', en: 'UserInfo answers GET and POST.' },
    held('test/ucenter/openid.test.ts > answers GET and POST, with the token in the header or in a form'),
  ),
  row(
    '5.3',
    'MUST',
    { zh: 'UserInfo 照 RFC 6750 接受 Bearer 令牌。', en: 'UserInfo takes bearer tokens as RFC 6750 has them.' },
    held('test/ucenter/openid.test.ts > answers GET and POST, with the token in the header or in a form'),
  ),
  row(
    '5.3.2',
    'MUST',
    { zh: 'UserInfo 总有 `sub`，与 ID 令牌的相同。', en: 'UserInfo always has `sub`, the same as the ID token.' },
    held('test/oauth/general-clients.test.ts > $name with OpenID Connect at $api, secret in $credentials, PKCE $pkce'),
  ),
  row(
    '5.3.2',
    'SHOULD',
    { zh: '没有值的资料省略。', en: 'Claims without a value are left out.' },
    held('test/ucenter/openid.test.ts > has the claims of the scopes'),
  ),
  row(
    '5.3.3',
    'MUST',
    { zh: 'UserInfo 的错误照 RFC 6750。', en: 'Errors of UserInfo follow RFC 6750.' },
    held('test/ucenter/openid.test.ts > refuses a wrong token with the challenge of RFC 6750'),
  ),
  row(
    '5.4',
    'MUST',
    { zh: '每个范围给出自己的资料。', en: 'Each scope gives its own claims.' },
    held('test/ucenter/openid.test.ts > has the claims of the scopes'),
  ),
  row(
    '5.5',
    'MUST',
    { zh: '参数 `claims` 能懂，或者忽略。', en: 'The parameter `claims` is understood or ignored.' },
    notApplicable({
      zh: '没有 `claims_parameter_supported`，意思是不支持。',
      en: '`claims_parameter_supported` is absent, which means false.',
    }),
  ),
  row(
    '6.1',
    'MUST',
    {
      zh: '不支持的请求对象返回 `request_not_supported`。',
      en: 'A request object that is not supported returns `request_not_supported`.',
    },
    held('test/ucenter/openid.test.ts > refuse %j with %s'),
  ),
  row(
    '6.2',
    'MUST',
    {
      zh: '不支持的 `request_uri` 返回 `request_uri_not_supported`。',
      en: '`request_uri` that is not supported returns `request_uri_not_supported`.',
    },
    held('test/ucenter/openid.test.ts > refuse %j with %s'),
  ),
  row(
    '8',
    'MUST',
    { zh: '支持一种 `sub`：`public`。', en: 'A kind of `sub` is supported: `public`.' },
    heldIn('src/ucenter/wire/metadata.ts'),
  ),
  row(
    '10.1.1',
    'SHOULD',
    { zh: '换掉的密钥在令牌有效期内继续公布。', en: 'A replaced key stays published while its tokens are valid.' },
    held('test/ucenter/openid.test.ts > are replaced by a command; what the old one signed is valid for a day'),
  ),
  row(
    '10.1.1',
    'MUST',
    { zh: '`kid` 写明签名的密钥。', en: '`kid` says which key signed.' },
    held('test/ucenter/openid.test.ts > says who signed in, when, for whom, and for which request and access token'),
  ),
  row(
    '10.2',
    'MUST',
    { zh: '加密的令牌用应用的密钥。', en: 'Encrypted tokens use the client’s key.' },
    notApplicable({ zh: 'ID 令牌只签名，不加密。', en: 'ID tokens are signed and not encrypted.' }),
  ),
  row(
    '11',
    'MUST',
    { zh: '`offline_access` 忽略，或者经同意给予。', en: '`offline_access` is ignored or granted with consent.' },
    notApplicable({
      zh: '没有这个范围：文档给每个用户令牌一个刷新令牌。',
      en: 'There is no such scope: the document gives each user token a refresh token.',
    }),
  ),
  row(
    '12.2',
    'MUST',
    {
      zh: '刷新得到的 ID 令牌保持 `iss`、`sub`、`aud` 和 `auth_time`。',
      en: 'An ID token of a refresh keeps `iss`, `sub`, `aud` and `auth_time`.',
    },
    held('test/ucenter/openid.test.ts > comes with a refresh, too: with the time of the sign-in and without the nonce'),
  ),
  row(
    '12.2',
    'SHOULD NOT',
    { zh: '刷新得到的 ID 令牌没有 `nonce`。', en: 'An ID token of a refresh has no `nonce`.' },
    held('test/ucenter/openid.test.ts > comes with a refresh, too: with the time of the sign-in and without the nonce'),
  ),
  row(
    '15.1',
    'MUST',
    {
      zh: '`display`、`ui_locales`、`claims_locales` 和 `acr_values` 不是错误。',
      en: '`display`, `ui_locales`, `claims_locales` and `acr_values` are no error.',
    },
    heldIn('src/oauth/authorization/authorization-request.ts'),
  ),
  row(
    '15.1',
    'MUST',
    { zh: '支持 RS256。', en: 'RS256 is supported.' },
    held(
      'test/ucenter/clients.test.ts > works with openid-client and %s: code with PKCE, refresh, client credentials, an error',
    ),
  ),
  row('16.17', 'MUST', { zh: '所有端点由 TLS 保护。', en: 'TLS protects all endpoints.' }, notApplicable(tlsAtProxy)),
];
