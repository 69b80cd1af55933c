import { held, notApplicable, type Requirement, row, tlsAtProxy } from './requirement.ts';

/** RFC 7662. */
export const rfc7662: readonly Requirement[] = [
  row(
    '2',
    'MUST',
    { zh: '自省端点由 TLS 保护。', en: 'TLS protects the introspection endpoint.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '请求有参数 `token`。', en: 'A request has the parameter `token`.' },
    held('test/oauth/introspection.test.ts > returns invalid_request without a token'),
  ),
  row(
    '2.1',
    'MUST',
    {
      zh: '提示不对时继续在各种令牌里查找。',
      en: 'The search goes on in all kinds of tokens when the hint does not fit.',
    },
    held('test/oauth/introspection.test.ts > describes a valid refresh token with any hint'),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '端点要求认证，防止试探令牌。', en: 'The endpoint requires authorization, against scanning for tokens.' },
    held('test/oauth/introspection.test.ts > requires client authentication (§2.1)'),
  ),
  row(
    '2.2',
    'MUST',
    { zh: '答复是带 `active` 的 JSON 对象。', en: 'The answer is a JSON object with `active`.' },
    held('test/oauth/introspection.test.ts > describes a valid access token'),
  ),
  row(
    '2.2',
    'MUST',
    { zh: '无效的令牌得到 `active: false`，不是错误。', en: 'An inactive token gets `active: false`, not an error.' },
    held('test/oauth/introspection.test.ts > returns only active: false for invalid tokens (§2.2)'),
  ),
  row(
    '2.2',
    'SHOULD NOT',
    { zh: '无效的令牌不透露其他内容。', en: 'Nothing more is told about an inactive token.' },
    held('test/oauth/introspection.test.ts > returns only active: false for invalid tokens (§2.2)'),
  ),
  row(
    '2.2',
    'SHOULD',
    { zh: '无权知道的应用看到的是无效。', en: 'Callers that may not know of a token see it as inactive.' },
    held(
      'test/ucenter/openid.test.ts > shows the state of a token to its own application, in the envelope and beside it',
    ),
  ),
  row(
    '2.3',
    'MUST',
    { zh: '调用方的密钥错误得到 401。', en: 'Wrong credentials of the caller get 401.' },
    held('test/oauth/introspection.test.ts > requires client authentication (§2.1)'),
  ),
  row(
    '4',
    'MUST',
    { zh: '检查是否过期。', en: 'Expiry is checked.' },
    held(
      'test/oauth/introspection.test.ts > returns active: false for an expired access token, not for its refresh token',
    ),
  ),
  row(
    '4',
    'MUST',
    { zh: '检查是否已撤销。', en: 'Revocation is checked.' },
    held('test/oauth/introspection.test.ts > returns only active: false for invalid tokens (§2.2)'),
  ),
  row(
    '4',
    'MUST',
    { zh: '检查令牌的签名。', en: 'Signed tokens have their signature checked.' },
    notApplicable({
      zh: '令牌是随机文本，没有签名，按摘要查找。',
      en: 'Tokens are random text without a signature; they are looked up by their digest.',
    }),
  ),
  row(
    '4',
    'MUST',
    { zh: 'TLS 的版本跟上现行做法。', en: 'TLS versions follow current practice.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '5',
    'MUST',
    { zh: '关于用户只透露必要的内容。', en: 'No more about the user is told than the purpose needs.' },
    held(
      'test/ucenter/openid.test.ts > shows the state of a token to its own application, in the envelope and beside it',
    ),
  ),
];
