import { held, type Requirement, row } from './requirement.ts';

/** RFC 7636. */
export const rfc7636: readonly Requirement[] = [
  row(
    '4.1',
    'MUST',
    { zh: '`code_verifier` 是 43 到 128 个非保留字符。', en: 'A verifier has 43 to 128 unreserved characters.' },
    held('test/oauth/pkce.test.ts > accepts verifiers of 43 to 128 characters only'),
  ),
  row(
    '4.2',
    'MUST',
    { zh: '服务器支持 `S256`。', en: 'The server supports `S256`.' },
    held('test/oauth/pkce.test.ts > accepts the verifier of the challenge (example of RFC 7636)'),
  ),
  row(
    '4.3',
    'MUST',
    { zh: '没有写方法时当作 `plain`。', en: 'Without a method the challenge counts as `plain`.' },
    held('test/oauth/pkce.test.ts > redirects %s with invalid_request'),
  ),
  row(
    '4.4',
    'MUST',
    { zh: '`code_challenge` 和方法与授权码一起保存。', en: 'The challenge and its method are kept with the code.' },
    held('test/oauth/pkce.test.ts > rejects a missing or wrong verifier without consuming the code'),
  ),
  row(
    '4.4',
    'MUST NOT',
    { zh: '别人不能从授权码读出 `code_challenge`。', en: 'The challenge cannot be read from the code by others.' },
    held('test/oauth/secrets.test.ts > are not in the database'),
  ),
  row(
    '4.4.1',
    'MUST',
    {
      zh: '必须用 PKCE 而没有 `code_challenge` 时返回 `invalid_request`。',
      en: 'A missing challenge where PKCE is required returns `invalid_request`.',
    },
    held('test/oauth/pkce.test.ts > is required for a public client'),
  ),
  row(
    '4.4.1',
    'MUST',
    { zh: '不支持的方法返回 `invalid_request`。', en: 'An unsupported method returns `invalid_request`.' },
    held('test/oauth/pkce.test.ts > redirects %s with invalid_request'),
  ),
  row(
    '4.6',
    'MUST',
    {
      zh: '用同样的方法变换 `code_verifier`，再与 `code_challenge` 比较。',
      en: 'The verifier is transformed by the method and compared with the challenge.',
    },
    held('test/oauth/pkce.test.ts > accepts the verifier of the challenge (example of RFC 7636)'),
  ),
  row(
    '4.6',
    'MUST',
    {
      zh: '`code_verifier` 不符时返回 `invalid_grant`。',
      en: 'A verifier that does not match returns `invalid_grant`.',
    },
    held('test/oauth/pkce.test.ts > allows a public client to get and refresh its token'),
  ),
  row(
    '4.6',
    'MUST',
    { zh: 'PPMessage 同样验证 `code_challenge`。', en: 'PPMessage verifies challenges in the same way.' },
    held(
      'test/ppmessage/authorization.test.ts > lets a code with a challenge be exchanged with the verifier alone: %s',
    ),
  ),
  row(
    '4.6',
    'MUST',
    { zh: 'UCenter 同样验证 `code_challenge`。', en: 'UCenter verifies challenges in the same way.' },
    held('test/ucenter/tokens.test.ts > authorization_code: requires the PKCE verifier after a challenge'),
  ),
  row(
    '7.2',
    'SHOULD NOT',
    { zh: '新的服务器不用 `plain`。', en: '`plain` is not used in new servers.' },
    held('test/oauth/pkce.test.ts > redirects %s with invalid_request'),
  ),
  row(
    '7.2',
    'MUST NOT',
    { zh: '不能让应用从 `S256` 退到 `plain`。', en: 'A client is not led from `S256` down to `plain`.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
];
