import type { Language } from './page.ts';

type Text = Readonly<Record<Language, string>>;

/** Something that a document prescribes and that a new API would not do. */
export interface Weakness {
  /** Names of the APIs that have it. */
  apis: string;
  what: Text;
  risk: Text;
  /** How to switch it off or what else helps. Variables stand in backticks. */
  remedy: Text;
}

/** What the server protects by itself. */
export const protections: readonly Text[] = [
  {
    zh: '别人登记的 Webhook 只发送到公网上的 https 地址（`PRIVATE_WEBHOOKS` 放开），名称在连接时检查，不跟随重定向；每次发送都有签名，密钥用 `SECRET_KEY` 加密保存。',
    en: 'Webhooks that callers register go only to https addresses that are public (`PRIVATE_WEBHOOKS` allows others). Names are checked when the connection is made, and redirects are not followed. Each call is signed; the secrets are encrypted with `SECRET_KEY`.',
  },
  {
    zh: '密码和应用密钥用 argon2id 保存；访问令牌、刷新令牌、授权码和会话只保存摘要。验证码只在发出之前留在消息队列里，日志里没有任何凭据。',
    en: 'Passwords and client secrets are stored as argon2id hashes; access tokens, refresh tokens, codes and sessions as digests. Verification codes stand in the queue of messages until they are sent. The logs hold no credentials.',
  },
  {
    zh: '授权码只能用一次，只在十分钟内有效，回调地址必须与登记的相同，可以使用 PKCE。用过的授权码或刷新令牌再次出现时，同一次登录得到的全部令牌作废。',
    en: 'An authorization code works once, within ten minutes and for a registered callback, with PKCE where the application uses it. A code or refresh token that comes again voids all tokens of that sign-in.',
  },
  {
    zh: 'UCenter 的 ID 令牌用 RS256 签名，私钥用 `SECRET_KEY` 加密保存；换密钥之后，旧的公钥再留一天，也可以立即删除。',
    en: 'ID tokens of UCenter are signed with RS256. The private keys are encrypted with `SECRET_KEY`. After a replacement the old public key stays for a day, or is deleted at once.',
  },
  {
    zh: '猜密码、验证码和应用密钥的次数有限制：每个账号（`WRONG_GUESS_LIMIT`），每个来源网络和每个应用（`ADDRESS_GUESS_LIMIT`，IPv6 按 /64）。用户从登录过的地址来，不会被别人的猜测锁在外面。用户名不存在与密码错误的回答相同，计算量也相同。',
    en: 'Guesses of passwords, codes and client secrets are limited for each account (`WRONG_GUESS_LIMIT`), each network and each client (`ADDRESS_GUESS_LIMIT`; in IPv6 a network is a /64). At an address from which a user has signed in before, other people’s guesses do not lock the user out. An unknown user and a wrong password get the same answer and cost the same work.',
  },
  {
    zh: '登录页面的 Cookie 是 HttpOnly、SameSite，在 https 上还是 Secure；已登录用户的表单防跨站伪造；页面不能放进框架，也不载入其他来源的任何东西。授权端点不允许跨源读取。',
    en: 'The cookie of the sign-in pages is HttpOnly and SameSite, and Secure over https. Forms of signed-in users are protected against forgery. Pages cannot be framed and load nothing from other origins. Authorization endpoints have no CORS.',
  },
  {
    zh: '每个应用只看得到自己的数据。除了图片，上传的文件都作为附件给出，浏览器不会把它们当作这个站点的页面运行。',
    en: 'Each application sees its own data only. Uploaded files other than images are attachments: browsers do not run them as pages of this host.',
  },
  {
    zh: '请求和响应都按契约校验。响应里契约没有声明的字段，生产环境中略去并记入日志，沙箱里是 500。服务器出错时只回答一个请求编号。',
    en: 'Requests and responses are validated against the contract. A field of a response that the contract does not declare is left out and logged in production, and is a 500 in the sandbox. After a fault of the server the caller sees a request id and nothing else.',
  },
  {
    zh: '先认出调用者，再读取请求体。所有正在处理的请求体合起来有上限（`BODY_MEMORY`、`UPLOAD_SPACE`），停下来的上传会结束（`BODY_IDLE_TIMEOUT`），团队和应用能存放的文件总量有上限（`TOWER_STORAGE_LIMIT`、`UCENTER_STORAGE_LIMIT`、`GOBELIEVE_STORAGE_LIMIT`），用户能同时打开的事件流也有（`STREAM_LIMIT`）。',
    en: 'The caller is known before a body is read. The bodies of all requests under way are bounded together (`BODY_MEMORY`, `UPLOAD_SPACE`), an upload that stops arriving is ended (`BODY_IDLE_TIMEOUT`), and the files of one team or application (`TOWER_STORAGE_LIMIT`, `UCENTER_STORAGE_LIMIT`, `GOBELIEVE_STORAGE_LIMIT`) and the open event streams of one user (`STREAM_LIMIT`) are bounded.',
  },
  {
    zh: '短信和邮件按手机、用户、应用限量，每天也有上限（`SMS_DAILY_LIMIT`、`EMAIL_DAILY_LIMIT` 等）；邮件是纯文本，除非用 `html-mail create` 准许。更换登录名之后，原来的邮箱或手机号收到能撤销的地址；新手机号在 `RESET_HOLD_HOURS` 小时之后，或确认之后，才能重置密码。',
    en: 'Text messages and e-mail are limited for a phone, a user and an application, and per day (`SMS_DAILY_LIMIT`, `EMAIL_DAILY_LIMIT` and others). E-mail is plain text unless `html-mail create` allows HTML. After a change of a login name the old address or phone gets a link that undoes it; a new phone resets the password after `RESET_HOLD_HOURS` hours, or once the old one has confirmed it.',
  },
  {
    zh: '`/metrics` 在生产环境中要 `METRICS_TOKEN`，没有设置时不存在。',
    en: 'In production `/metrics` requires `METRICS_TOKEN`, and does not exist without it.',
  },
  {
    zh: '生产环境（`NODE_ENV=production`）没有演示账号，也没有沙箱页面。',
    en: 'In production (`NODE_ENV=production`) there are no demo accounts and no sandbox pages.',
  },
];

/** What the four documents prescribe that is weak. */
export const weaknesses: readonly Weakness[] = [
  {
    apis: 'UCenter',
    what: {
      zh: '访问令牌、应用密钥和密码可以放在查询参数里。',
      en: 'Access tokens, client secrets and passwords may stand in the query.',
    },
    risk: {
      zh: '地址会留在代理的日志、浏览器历史和 Referer 里。',
      en: 'Addresses are kept in logs of proxies, in histories and in Referer headers.',
    },
    remedy: {
      zh: '`QUERY_CREDENTIALS=0`：只看请求头和请求体。',
      en: '`QUERY_CREDENTIALS=0`: only headers and bodies count.',
    },
  },
  {
    apis: 'Tower, UCenter',
    what: {
      zh: '密码方式：应用收下用户的密码，再换取令牌。',
      en: 'The password grant: the application takes the user’s password and exchanges it for a token.',
    },
    risk: {
      zh: '应用看得到密码，用户也就习惯在别处输入它。',
      en: 'The application sees the password, and users learn to enter it elsewhere.',
    },
    remedy: {
      zh: '`app update --password-grant 0` 为一个应用关闭；公开的应用（没有密钥）一律不能使用。新的应用请用授权码和 PKCE。',
      en: '`app update --password-grant 0` switches it off for one application; public applications, which have no secret, never have it. New applications use the authorization code with PKCE.',
    },
  },
  {
    apis: 'GoBelieve',
    what: { zh: '访问令牌永久有效。', en: 'Access tokens are valid for ever.' },
    risk: { zh: '泄露的令牌一直能用。', en: 'A leaked token works for ever.' },
    remedy: {
      zh: '`GOBELIEVE_TOKEN_DAYS=30`：三十天后令牌失效，设备收到 401 时向自己的服务器要新的。`token revoke gobelieve` 立刻撤销一个用户或一台设备的令牌。',
      en: '`GOBELIEVE_TOKEN_DAYS=30`: a token ends after thirty days. A device that gets 401 asks its own server for another one. `token revoke gobelieve` revokes those of a user or a device at once.',
    },
  },
  {
    apis: 'Tower',
    what: {
      zh: '刷新令牌没有期限，直到被使用或撤销。',
      en: 'Refresh tokens have no lifetime: they end when they are used or revoked.',
    },
    risk: { zh: '泄露而没有被使用的刷新令牌一直能用。', en: 'One that leaked and was not used works for ever.' },
    remedy: {
      zh: '没有开关。请撤销不再使用的令牌。',
      en: 'There is no switch. Revoke tokens that are no longer used.',
    },
  },
  {
    apis: 'PPMessage',
    what: {
      zh: '上传文件不需要令牌，知道编号就能下载。',
      en: 'Uploading a file needs no token, and its id is enough to download it.',
    },
    risk: {
      zh: '陌生人可以占用磁盘，也可以借这个域名散布文件，直到一天之后没人用到的文件被删除。',
      en: 'Strangers can fill the disk, and spread files under this host until files that nothing uses are deleted after a day.',
    },
    remedy: {
      zh: '次数由 `PPMESSAGE_UPLOAD_LIMIT` 限制；`ppmessage app uploads --token required` 让一个应用只接受带着令牌上传的文件。',
      en: '`PPMESSAGE_UPLOAD_LIMIT` bounds the uploads; `ppmessage app uploads --token required` makes an app take only files that were uploaded with a token.',
    },
  },
  {
    apis: 'GoBelieve',
    what: {
      zh: '知道 `customer_id` 就能得到那位顾客的令牌，不需要认证。',
      en: 'Knowing a `customer_id` is enough to get the token of that customer.',
    },
    risk: {
      zh: '猜中的人能读那位顾客的消息，也能以他的名义说话。',
      en: 'A right guess reads the customer’s messages and speaks in his name.',
    },
    remedy: {
      zh: '`OPEN_CUSTOMERS=0`：只有应用自己的服务器能取令牌。否则请用难以猜测的 `customer_id`；次数由 `CUSTOMER_LIMIT` 限制。',
      en: '`OPEN_CUSTOMERS=0`: only the server of the app gets tokens. Otherwise choose a `customer_id` that is hard to guess; `CUSTOMER_LIMIT` bounds the attempts.',
    },
  },
  {
    apis: 'GoBelieve',
    what: { zh: '应用的服务器发送的是密钥的 MD5。', en: 'The server of an app sends the MD5 of its secret.' },
    risk: { zh: 'MD5 等同于密钥：截获了它就能调用。', en: 'The MD5 is as good as the secret: a copy of it is enough.' },
    remedy: {
      zh: '没有开关，原有的程序都这样发送。请只用 https，并使用随机的密钥；这里只保存 MD5 的 argon2id。',
      en: 'There is no switch: existing programs send it. Use https alone, and random secrets. Only the argon2id hash of the MD5 is stored.',
    },
  },
  {
    apis: 'PPMessage',
    what: { zh: '密码的 SHA-1 可以代替密码。', en: 'The SHA-1 of a password is accepted in its place.' },
    risk: { zh: 'SHA-1 等同于密码：从别处泄露的摘要能直接登录。', en: 'A digest that leaked elsewhere signs in.' },
    remedy: {
      zh: '没有开关，原有的客户端都这样发送。这里只保存 SHA-1 的 argon2id。',
      en: 'There is no switch: existing clients send it. Only the argon2id hash of the SHA-1 is stored.',
    },
  },
  {
    apis: 'PPMessage',
    what: { zh: '`api_secret` 可以再次读取。', en: '`api_secret` can be read again.' },
    risk: { zh: '它必须能够还原，所以不能只保存摘要。', en: 'It has to be restored, so a digest is not enough.' },
    remedy: {
      zh: '没有开关。它用 `SECRET_KEY` 加密保存，请把这个密钥与数据库分开存放。',
      en: 'There is no switch. It is encrypted with `SECRET_KEY`: keep that apart from the database.',
    },
  },
  {
    apis: 'GoBelieve',
    what: { zh: '下载文件不需要认证。', en: 'Downloads need no authorization.' },
    risk: {
      zh: '知道地址的人都能读。地址来自文件内容，不知道内容就猜不出来。',
      en: 'Everybody with the address reads the file. It is made from the content and cannot be guessed without it.',
    },
    remedy: {
      zh: '没有开关。机密文件请不要这样传送。',
      en: 'There is no switch. Do not send confidential files in this way.',
    },
  },
  {
    apis: 'UCenter',
    what: {
      zh: '应用可以给任何手机发送验证码，给任何地址发送邮件。',
      en: 'Applications send codes to any phone and mail to any address.',
    },
    risk: {
      zh: '短信费用，以及以你的名义发出的垃圾邮件。',
      en: 'The cost of text messages, and unwanted mail in your name.',
    },
    remedy: {
      zh: '`SMS_PAUSE`、`SMS_HOURLY_LIMIT` 和 `EMAIL_HOURLY_LIMIT` 限制次数。',
      en: '`SMS_PAUSE`, `SMS_HOURLY_LIMIT` and `EMAIL_HOURLY_LIMIT` bound them.',
    },
  },
  {
    apis: 'Tower',
    what: {
      zh: '没有回调地址的程序把授权码显示在页面上，由用户抄写。',
      en: 'Programs without a callback show the code on a page, and the user copies it.',
    },
    risk: { zh: '用户可能被骗把授权码交给别人。', en: 'A user can be talked into giving the code away.' },
    remedy: {
      zh: '不登记 `urn:ietf:wg:oauth:2.0:oob` 就没有这样的页面。桌面程序请用 `http://127.0.0.1` 的回调地址和 PKCE。',
      en: 'An application without `urn:ietf:wg:oauth:2.0:oob` has no such page. Desktop programs use a callback at `http://127.0.0.1` and PKCE.',
    },
  },
];

/** What operators do. */
export const duties: readonly Text[] = [
  {
    zh: '在前面放一个终止 https 的代理，设置 `PUBLIC_URL` 和 `TRUST_PROXY`；多一层就会让调用方自己填写地址，从而绕开限制。',
    en: 'Put a proxy with https in front, and set `PUBLIC_URL` and `TRUST_PROXY`. One hop too many lets callers choose the address by which they are limited.',
  },
  {
    zh: '`/metrics` 不要对外开放。PostgreSQL、Redis 和存储桶也只对节点开放。',
    en: 'Keep `/metrics` inside, and let only the nodes reach PostgreSQL, Redis and the bucket.',
  },
  {
    zh: '`SECRET_KEY`、`DATABASE_URL`、`REDIS_URL`、`FILES_URL`、`MAIL_URL`、`SMS_URL`、`WECHAT_URL` 和 `PUSH_URL` 里有密码，`APNS_URL` 和 `FCM_URL` 指向的文件是私钥，只让运行服务器的账号读到。',
    en: 'Only the account that runs the server may read `SECRET_KEY`, `DATABASE_URL`, `REDIS_URL`, `FILES_URL`, `MAIL_URL`, `SMS_URL`, `WECHAT_URL` and `PUSH_URL`: they hold passwords. The same is true of the key files that `APNS_URL` and `FCM_URL` name.',
  },
  {
    zh: '备份里有全部数据。恢复较早的备份会让之后撤销的令牌重新有效。',
    en: 'A backup holds all data. Restoring an older one makes tokens valid again that were revoked since.',
  },
  {
    zh: '多个节点要有同一个 `REDIS_URL`，否则每个节点各自计数。',
    en: 'Several nodes need one `REDIS_URL`; without it each of them counts guesses by itself.',
  },
];
