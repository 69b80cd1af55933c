import { deliberatelyNot, held, notApplicable, type Requirement, row } from './requirement.ts';

/** RFC 8252. */
export const rfc8252: readonly Requirement[] = [
  row(
    '5',
    'MUST',
    {
      zh: '原生程序在浏览器里经回调地址得到授权的答复。',
      en: 'Native apps get the authorization response in the browser through a redirection URI.',
    },
    held('test/oauth/general-clients.test.ts > $name at $api, secret in $credentials, PKCE $pkce'),
  ),
  row(
    '6',
    'MUST',
    {
      zh: '公开的原生程序用 PKCE，服务器支持它。',
      en: 'Public native apps use PKCE, and servers support it for them.',
    },
    held('test/oauth/pkce.test.ts > allows a public client to get and refresh its token'),
  ),
  row(
    '7',
    'MUST',
    {
      zh: '回调地址可以是私有协议、https 地址和本机地址。',
      en: 'Private schemes, claimed https addresses and the loopback interface are possible as redirection URIs.',
    },
    held('test/oauth/redirect-uri.test.ts > redirects the browser to the registered address %s'),
  ),
  row(
    '7.1',
    'MUST',
    { zh: '私有协议是倒写的域名，带点。', en: 'A private scheme is a domain name in reverse: it has a dot.' },
    held("test/tower/applications.test.ts > rejects %s with 400, shows the reason and keeps the form's values"),
  ),
  row(
    '7.2',
    'SHOULD',
    {
      zh: '优先用能证明程序身份的 https 地址。',
      en: 'Claimed https addresses are preferred, because they name the app.',
    },
    notApplicable({
      zh: '由程序的开发者选择；可以登记 https 地址。',
      en: 'The developer of an app chooses; https addresses can be registered.',
    }),
  ),
  row(
    '7.3',
    'MUST',
    { zh: '本机地址可以用任何端口。', en: 'Any port is allowed on the loopback interface.' },
    held(
      'test/oauth/redirect-uri.test.ts > has any port when %s is registered, and the same one at the token endpoint',
    ),
  ),
  row(
    '8.1',
    'SHOULD',
    { zh: '没有用 PKCE 的公开应用被拒绝。', en: 'A public client without PKCE is refused.' },
    held('test/oauth/pkce.test.ts > is required for a public client'),
  ),
  row(
    '8.3',
    'SHOULD NOT',
    { zh: '不用 `localhost` 代替本机地址。', en: '`localhost` is not used in place of the loopback address.' },
    deliberatelyNot(
      {
        zh: '开发者可以登记它，演示应用就是这样。它也可以用任何端口，但必须是登记的那个名字。',
        en: 'Developers may register it, as the demo applications do. It has any port, too, and only the registered name matches.',
      },
      'test/oauth/redirect-uri.test.ts > has any port for the demo applications, also at the root',
    ),
  ),
  row(
    '8.4',
    'MUST',
    {
      zh: '登记完整的回调地址，除本机端口外逐字比较。',
      en: 'The complete redirection URI is registered, and compared exactly but for the port of the loopback interface.',
    },
    held('test/oauth/redirect-uri.test.ts > that is registered as %s is not %s'),
  ),
  row(
    '8.4',
    'MUST',
    { zh: '登记时记录应用是否公开。', en: 'The type of a client, public or not, is recorded at its registration.' },
    held('test/oauth/client-authentication.test.ts > accepts a public client without a secret only'),
  ),
  row(
    '8.5',
    'SHOULD NOT',
    {
      zh: '随程序分发的密钥不算身份证明。',
      en: 'A secret that is shipped with an app does not count as proof of its identity.',
    },
    deliberatelyNot({
      zh: '已经随程序分发的密钥可以登记（`--client-secret`），这样的程序算作有密钥的应用。新的程序登记为公开应用。',
      en: 'A program that was shipped with its secret may be registered with it (`--client-secret`) and counts as one with a secret. New programs are public.',
    }),
  ),
  row(
    '8.6',
    'SHOULD NOT',
    { zh: '没有用户的决定就不同意请求。', en: 'A request is not granted without the user’s decision.' },
    held(
      "test/oauth/authorization-code.test.ts > shows the application's name and the redirection URI on the consent page",
    ),
  ),
  row(
    '8.6',
    'SHOULD NOT',
    { zh: '不替身份不明的程序自动行事。', en: 'The server does not act for an app whose identity it cannot assure.' },
    held('test/oauth/denial.test.ts > does not treat a missing or unknown decision as consent'),
  ),
  row(
    '8.12',
    'MUST NOT',
    { zh: '原生程序不用内嵌的浏览器。', en: 'Native apps do not use embedded browsers.' },
    notApplicable({
      zh: '服务器看不出页面显示在哪种浏览器里。',
      en: 'The server cannot see which browser shows its pages.',
    }),
  ),
];
