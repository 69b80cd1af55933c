import { deliberatelyNot, held, notApplicable, type Requirement, row, tlsAtProxy } from './requirement.ts';

/** RFC 7009. */
export const rfc7009: readonly Requirement[] = [
  row(
    '2',
    'MUST',
    { zh: '刷新令牌可以撤销。', en: 'Refresh tokens can be revoked.' },
    held('test/oauth/revocation.test.ts > revokes both tokens at once'),
  ),
  row(
    '2',
    'SHOULD',
    { zh: '访问令牌可以撤销。', en: 'Access tokens can be revoked.' },
    held('test/oauth/revocation.test.ts > revokes both tokens at once'),
  ),
  row(
    '2',
    'MUST',
    { zh: '撤销端点由 TLS 保护。', en: 'TLS protects the revocation endpoint.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '2',
    'MUST',
    {
      zh: '端点的地址没有片段，来源可靠：元数据写明。',
      en: 'The address of the endpoint has no fragment and can be trusted: the metadata names it.',
    },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '2',
    'SHOULD',
    { zh: 'PPMessage：令牌可以撤销。', en: 'PPMessage: tokens can be revoked.' },
    notApplicable(
      {
        zh: 'PPMessage 的文档没有撤销；令牌一天后失效，用户删除时也失效。',
        en: 'PPMessage’s document has no revocation; tokens end after a day, and with their user.',
      },
      'test/ppmessage/tokens.test.ts > ends with the user',
    ),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '请求有参数 `token`。', en: 'A request has the parameter `token`.' },
    held('test/oauth/revocation.test.ts > returns invalid_request without a token'),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '先检查应用的密钥。', en: 'The client’s credentials are checked first.' },
    held('test/oauth/revocation.test.ts > requires client authentication'),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '公开应用可以撤销自己的令牌。', en: 'A public client can revoke its own tokens.' },
    held('test/oauth/revocation.test.ts > allows a public client to revoke its own tokens (§2.1)'),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '不撤销别的应用的令牌。', en: 'A token of another client is not revoked.' },
    held("test/oauth/revocation.test.ts > does not revoke another client's token"),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '别的应用的令牌得到错误。', en: 'A token of another client is refused with an error.' },
    deliberatelyNot(
      {
        zh: '与不认识的令牌一样答复 200：错误会透露令牌有效。',
        en: 'The answer is that to an unknown token, 200: an error would tell that the token is valid.',
      },
      "test/ucenter/tokens.test.ts > leaves another application's tokens alone and does not reveal whether they are valid",
    ),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '令牌立刻失效。', en: 'The token ends at once.' },
    held('test/oauth/revocation.test.ts > revokes both tokens at once'),
  ),
  row(
    '2.1',
    'SHOULD',
    {
      zh: '撤销刷新令牌时，同一授权的访问令牌都失效。',
      en: 'With a refresh token all access tokens of the grant end.',
    },
    held('test/ucenter/tokens.test.ts > voids both tokens of a pair, by either of them'),
  ),
  row(
    '2.1',
    'MUST',
    {
      zh: '提示不对时继续在各种令牌里查找。',
      en: 'The search goes on in all kinds of tokens when the hint does not fit.',
    },
    held('test/oauth/revocation.test.ts > accepts the hint %s'),
  ),
  row(
    '2.2',
    'MUST',
    { zh: '无效的令牌不是错误：200。', en: 'An invalid token is no error: 200.' },
    held('test/oauth/revocation.test.ts > succeeds for a token that is unknown or already revoked (§2.2)'),
  ),
  row(
    '2.2.1',
    'MUST',
    { zh: '错误照 RFC 6749 §5.2。', en: 'Errors follow RFC 6749 §5.2.' },
    held('test/oauth/revocation.test.ts > returns invalid_request without a token'),
  ),
  row(
    '2.2.1',
    'MUST',
    {
      zh: '不能撤销的令牌种类得到 `unsupported_token_type`。',
      en: 'A kind of token that cannot be revoked gets `unsupported_token_type`.',
    },
    notApplicable({ zh: '两种令牌都能撤销。', en: 'Both kinds can be revoked.' }),
  ),
  row(
    '5',
    'SHOULD',
    { zh: '端点与其他端点一样防止大量请求。', en: 'The endpoint is protected against floods like others.' },
    held('test/oauth/wrong-secrets.test.ts > are limited for an IPv6 /64, also in a burst'),
  ),
];
