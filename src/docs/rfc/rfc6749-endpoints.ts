import { deliberatelyNot, held, heldIn, notApplicable, type Requirement, row, tlsAtProxy } from './requirement.ts';

/** The endpoints and clients of RFC 6749. */
export const endpoints: readonly Requirement[] = [
  row(
    '2.2',
    'MUST',
    {
      zh: '每个登记的应用得到一个在服务器里唯一的标识。',
      en: 'Each registered client gets an identifier that no other client of the server has.',
    },
    heldIn('src/oauth/database/migrations.ts'),
  ),
  row(
    '2.3',
    'MUST NOT',
    {
      zh: '一个请求不能用两种方式认证应用；请求头与请求体里的不同密钥被拒绝。',
      en: 'One request does not authenticate the client in two ways; different credentials in header and body are refused.',
    },
    held('test/oauth/client-authentication.test.ts > rejects different credentials in the header and the body'),
  ),
  row(
    '2.3',
    'MUST NOT',
    {
      zh: '不能把公开应用的标识当作已经认证。',
      en: 'A public client’s identity is not relied on as if it had been authenticated.',
    },
    held('test/oauth/client-authentication.test.ts > accepts a public client without a secret only'),
  ),
  row(
    '2.3.1',
    'MUST',
    { zh: '有密钥的应用可以用 HTTP Basic。', en: 'HTTP Basic is supported for clients with a secret.' },
    held('test/oauth/client-authentication.test.ts > accepts HTTP Basic, with the scheme in any case'),
  ),
  row(
    '2.3.1',
    'MUST',
    { zh: 'HTTP Basic 里的标识和密钥按表单编码。', en: 'Id and secret in HTTP Basic are form-encoded.' },
    held('test/oauth/client-authentication.test.ts > accepts form-encoded HTTP Basic (RFC 6749 §2.3.1)'),
  ),
  row(
    '2.3.1',
    'SHOULD',
    {
      zh: '请求体里的密钥只留给用不了 HTTP Basic 的应用。',
      en: 'Credentials in the body are limited to clients that cannot use HTTP Basic.',
    },
    deliberatelyNot(
      {
        zh: '三份文档都把它们放在请求体里，所以任何应用都可以。',
        en: 'The documents of all three APIs send them in the body, so every client may.',
      },
      'test/oauth/client-authentication.test.ts > accepts the credentials in the body',
    ),
  ),
  row(
    '2.3.1',
    'MUST NOT',
    { zh: '密钥不能放在地址里。', en: 'Credentials do not stand in the request’s address.' },
    deliberatelyNot(
      {
        zh: 'UCenter 的文档把它们放在查询参数里，`QUERY_CREDENTIALS=0` 关闭。Tower 和 PPMessage 从不读取。',
        en: 'UCenter’s document sends them in the query; `QUERY_CREDENTIALS=0` ends that. Tower and PPMessage never read them there.',
      },
      'test/ucenter/tokens.test.ts > takes no secret and no password there (U-14)',
    ),
  ),
  row(
    '2.3.1',
    'MUST',
    {
      zh: '接受应用密钥的端点要防止穷举。',
      en: 'Endpoints that take a client’s secret are protected against guessing it.',
    },
    held('test/oauth/wrong-secrets.test.ts > are limited for an IPv6 /64, also in a burst'),
  ),
  row(
    '2.3.1',
    'MUST',
    { zh: '带应用密钥的请求由 TLS 保护。', en: 'TLS protects requests with a client’s secret.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '2.3.2',
    'MUST',
    {
      zh: '其他认证方式要与应用的登记对应。',
      en: 'Other ways of authentication are mapped to the client’s registration.',
    },
    notApplicable({
      zh: '没有其他方式，元数据里只有密钥。',
      en: 'There are no others: the metadata lists the secret alone.',
    }),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '授权之前先确认用户是谁。', en: 'The user is identified before an authorization is granted.' },
    held('test/oauth/authorization-code.test.ts > leads from sign-in over consent to the application and a token'),
  ),
  row(
    '3.1',
    'MUST NOT',
    { zh: '端点的地址没有片段。', en: 'The addresses of the endpoints have no fragment.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '授权端点由 TLS 保护。', en: 'TLS protects the authorization endpoint.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '授权端点支持 GET。', en: 'The authorization endpoint answers GET.' },
    held('test/oauth/authorization-code.test.ts > leads from sign-in over consent to the application and a token'),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '授权端点忽略不认识的参数。', en: 'Parameters that are unknown to the authorization endpoint are ignored.' },
    held('test/oauth/authorization-code.test.ts > ignores unknown parameters (RFC 6749 §3.1)'),
  ),
  row(
    '3.1',
    'MUST',
    { zh: '没有值的参数当作没有。', en: 'A parameter without a value counts as absent.' },
    held('test/oauth/redirect-uri.test.ts > shows an error page when it is %s'),
  ),
  row(
    '3.1.1',
    'MUST',
    { zh: '`response_type` 缺失或不认识就是错误。', en: 'A missing or unknown `response_type` is an error.' },
    held('test/oauth/authorization-code.test.ts > redirects an invalid request to a registered address with the error'),
  ),
  row(
    '3.1.2',
    'MUST',
    { zh: '回调地址是绝对地址。', en: 'A redirection URI is absolute.' },
    held("test/tower/applications.test.ts > rejects %s with 400, shows the reason and keeps the form's values"),
  ),
  row(
    '3.1.2',
    'MUST NOT',
    { zh: '回调地址没有片段。', en: 'A redirection URI has no fragment.' },
    held("test/tower/applications.test.ts > rejects %s with 400, shows the reason and keeps the form's values"),
  ),
  row(
    '3.1.2',
    'MUST',
    {
      zh: '加上参数时，回调地址原有的查询保留。',
      en: 'The query of a redirection URI stays when parameters are added.',
    },
    held('test/oauth/redirect-uri.test.ts > adds the code to the query of a registered address'),
  ),
  row(
    '3.1.2.1',
    'SHOULD',
    { zh: '回调地址使用 TLS。', en: 'Redirection URIs use TLS.' },
    held("test/tower/applications.test.ts > rejects %s with 400, shows the reason and keeps the form's values"),
  ),
  row(
    '3.1.2.2',
    'MUST',
    { zh: '公开应用登记回调地址。', en: 'Public clients register their redirection URIs.' },
    held('test/oauth/redirect-uri.test.ts > shows an error page when it is %s'),
  ),
  row(
    '3.1.2.2',
    'SHOULD',
    { zh: '所有应用登记完整的回调地址。', en: 'All clients register the complete redirection URI.' },
    held('test/oauth/redirect-uri.test.ts > shows an error page when it is %s'),
  ),
  row(
    '3.1.2.3',
    'MUST',
    {
      zh: '登记了几个回调地址时，请求必须写明；这里一律要写。',
      en: 'A request names its redirection URI when several are registered; here always.',
    },
    held('test/oauth/redirect-uri.test.ts > shows an error page when it is %s'),
  ),
  row(
    '3.1.2.3',
    'MUST',
    {
      zh: '请求里的回调地址与登记的比较。',
      en: 'The redirection URI of a request is compared with the registered ones.',
    },
    held('test/ppmessage/authorization.test.ts > has to match exactly, the query included'),
  ),
  row(
    '3.1.2.4',
    'SHOULD',
    { zh: '回调地址或应用无效时告诉用户。', en: 'The user learns of an invalid redirection URI or client.' },
    held('test/oauth/redirect-uri.test.ts > shows an error page when the client is %s'),
  ),
  row(
    '3.1.2.4',
    'MUST NOT',
    { zh: '不跳转到无效的回调地址。', en: 'The browser is not redirected to an invalid redirection URI.' },
    held('test/oauth/redirect-uri.test.ts > shows an error page when it is %s'),
  ),
  row(
    '3.2',
    'MUST',
    { zh: '令牌请求用 POST。', en: 'Token requests are POSTs.' },
    held('test/ucenter/tokens.test.ts > are refused in a GET, which would leave the secret in logs'),
  ),
  row(
    '3.2',
    'MUST',
    { zh: '令牌端点由 TLS 保护。', en: 'TLS protects the token endpoint.' },
    notApplicable(tlsAtProxy),
  ),
  row(
    '3.2',
    'MUST',
    { zh: '令牌端点忽略不认识的参数。', en: 'Parameters that are unknown to the token endpoint are ignored.' },
    held(
      'test/tower/malformed-requests.test.ts > ignores an unknown parameter that comes twice, as it does once (RFC 8707)',
    ),
  ),
  row(
    '3.2',
    'MUST',
    {
      zh: '在令牌端点，没有值的参数当作没有。',
      en: 'A parameter without a value counts as absent at the token endpoint.',
    },
    held(
      'test/oauth/password-grant.test.ts > returns invalid_request for a missing or empty grant_type (RFC 6749 §3.2)',
    ),
  ),
  row(
    '3.2',
    'MUST NOT',
    { zh: '参数不能重复。', en: 'Parameters are not repeated.' },
    held(
      'test/tower/malformed-requests.test.ts > returns 400 to a duplicated form parameter and issues no token (RFC 6749 §3.2)',
    ),
  ),
  row(
    '3.2.1',
    'MUST',
    { zh: '有密钥的应用在令牌端点认证。', en: 'Clients with a secret authenticate at the token endpoint.' },
    held('test/oauth/client-authentication.test.ts > returns 401 invalid_client with a challenge for %s'),
  ),
  row(
    '3.3',
    'MUST',
    {
      zh: '请求没有范围时，用默认的范围或者失败。',
      en: 'Without a scope in the request a default applies or the request fails.',
    },
    held('test/oauth/password-grant.test.ts > grants the requested scopes, or by default all registered ones'),
  ),
  row(
    '3.3',
    'MUST',
    {
      zh: '得到的范围与请求的不同时，答复写明。',
      en: 'The answer names the scope when it differs from the requested one.',
    },
    held('test/ucenter/openid.test.ts > can be requested by applications that may read the profile, and by no others'),
  ),
  row(
    '3.3',
    'SHOULD',
    { zh: '默认的范围和各个范围的含义写在文档里。', en: 'The default scope and the meaning of scopes are documented.' },
    held('test/ucenter/scopes.test.ts > shows one line for each requested scope on the consent page'),
  ),
];
