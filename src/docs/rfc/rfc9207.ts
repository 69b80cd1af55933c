import { deliberatelyNot, held, notApplicable, type Requirement, row } from './requirement.ts';

/** RFC 9207. */
export const rfc9207: readonly Requirement[] = [
  row(
    '2',
    'MUST',
    { zh: '授权的答复带 `iss`。', en: 'Authorization responses carry `iss`.' },
    held('test/oauth/authorization-code.test.ts > sends iss to a client that sends a challenge'),
  ),
  row(
    '2',
    'MUST',
    { zh: '错误的答复也带 `iss`。', en: 'Error responses carry `iss`, too.' },
    held('test/oauth/denial.test.ts > redirects with access_denied, state and iss, without a code'),
  ),
  row(
    '2',
    'MUST',
    {
      zh: '请求没有 `state`、`code_challenge` 和 `openid` 时，答复也带 `iss`。',
      en: 'A response to a request with neither `state`, challenge nor `openid` carries `iss`.',
    },
    deliberatelyNot(
      {
        zh: 'Tower 快速上手里的程序把 `code=` 之后的全部当作授权码：它们只得到授权码。',
        en: 'Clients of Tower’s quick start read everything after `code=` as the code: they get the code alone.',
      },
      'test/oauth/authorization-code.test.ts > sends the code alone to a client that sends neither state nor challenge',
    ),
  ),
  row(
    '2',
    'MUST',
    { zh: 'PPMessage 的答复带 `iss`。', en: 'PPMessage’s responses carry `iss`.' },
    notApplicable(
      {
        zh: 'PPMessage 没有颁发者：没有元数据承诺 `iss`，文档规定了参数。',
        en: 'PPMessage has no issuer: no metadata promises `iss`, and its document names the parameters.',
      },
      'test/ppmessage/authorization.test.ts > is absent when the request has none',
    ),
  ),
  row(
    '2',
    'MUST',
    { zh: '`iss` 是没有查询和片段的 https 地址。', en: '`iss` is an https address without query and fragment.' },
    held('test/oauth/metadata.test.ts > uses PUBLIC_URL with its path'),
  ),
  row(
    '2.3',
    'MUST',
    { zh: '`iss` 与元数据里的颁发者相同。', en: '`iss` equals the issuer of the metadata.' },
    held('test/oauth/npm-clients.test.ts > oauth4webapi: detects denial and a wrong issuer'),
  ),
  row(
    '3',
    'MUST',
    { zh: '元数据写明会发送 `iss`。', en: 'The metadata says that `iss` is sent.' },
    held('test/oauth/metadata.test.ts > has the path of RFC 8414 §3.1, before the path of the issuer'),
  ),
];
