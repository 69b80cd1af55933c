import { held, heldIn, notApplicable, type Requirement, row, tlsAtProxy } from './requirement.ts';

/** RFC 8414. */
export const rfc8414: readonly Requirement[] = [
  row(
    '2',
    'MUST',
    { zh: '`issuer` 是没有查询和片段的 https 地址。', en: '`issuer` is an https address without query and fragment.' },
    held('test/oauth/metadata.test.ts > uses PUBLIC_URL with its path'),
  ),
  row(
    '2',
    'MUST',
    { zh: '写明 `authorization_endpoint`。', en: '`authorization_endpoint` is named.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '2',
    'MUST',
    { zh: '写明 `token_endpoint`。', en: '`token_endpoint` is named.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '2',
    'MUST',
    { zh: '写明 `response_types_supported`。', en: '`response_types_supported` is named.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '2',
    'SHOULD',
    { zh: '`scopes_supported` 列出范围。', en: '`scopes_supported` lists the scopes.' },
    heldIn('src/ucenter/wire/metadata.ts'),
  ),
  row(
    '2',
    'MUST',
    {
      zh: '`grant_types_supported` 列出授权方式，因为不只有默认的。',
      en: '`grant_types_supported` says which grants there are, since not only the default ones are.',
    },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '2',
    'MUST',
    { zh: '元数据里的端点都存在。', en: 'Each endpoint in the metadata exists.' },
    held('test/oauth/metadata.test.ts > lists existing endpoints, and allows pages of any origin to read it'),
  ),
  row(
    '2',
    'MUST',
    {
      zh: '应用用 JWT 认证时列出签名算法。',
      en: 'Signing algorithms are listed where clients authenticate with a JWT.',
    },
    notApplicable({ zh: '没有应用用 JWT 认证。', en: 'No client authenticates with a JWT.' }),
  ),
  row(
    '2.1',
    'MUST',
    { zh: '签名的元数据是带 `iss` 的 JWT。', en: 'Signed metadata is a JWT with `iss`.' },
    notApplicable({ zh: '元数据不签名，由 TLS 保护。', en: 'The metadata is not signed; TLS protects it.' }),
  ),
  row(
    '3',
    'MUST',
    { zh: '元数据在约定的路径。', en: 'The metadata is at a well-known path.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row('3', 'MUST', { zh: '元数据由 TLS 保护。', en: 'TLS protects the metadata.' }, notApplicable(tlsAtProxy)),
  row(
    '3',
    'MUST',
    { zh: 'PPMessage 有元数据。', en: 'PPMessage has metadata.' },
    notApplicable({
      zh: 'PPMessage 的文档写明固定的地址；RFC 8414 对服务器是可选的。',
      en: 'The document of PPMessage gives fixed addresses; RFC 8414 is an option for a server.',
    }),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '约定的路径在颁发者的路径之前。', en: 'The well-known path stands in front of the issuer’s path.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '元数据用 GET 读取。', en: 'The metadata is read by GET.' },
    held('test/oauth/metadata.test.ts > lists existing endpoints, and allows pages of any origin to read it'),
  ),
  row(
    '3.2',
    'MUST',
    { zh: '成功是 200 和 `application/json`。', en: 'A success is 200 with `application/json`.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '3.2',
    'MUST',
    { zh: '空的列表省略。', en: 'Lists without members are left out.' },
    heldIn('src/oauth/metadata.ts'),
  ),
  row(
    '3.3',
    'MUST',
    { zh: '`issuer` 与得出路径的地址相同。', en: '`issuer` equals the address from which the path was made.' },
    held(
      'test/oauth/npm-clients.test.ts > oauth4webapi: discovery, code with PKCE, iss and state checked, protected resource, refresh, introspection, revocation',
    ),
  ),
];
