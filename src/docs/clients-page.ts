import { html } from '../html.ts';
import { type Act, type Credentials, clients, type ProvedClient, servers } from './clients.ts';
import type { Frame } from './frame.ts';
import type { Language, Page } from './page.ts';

const words = {
  zh: {
    title: '通用的 OAuth 程序',
    lead: 'npm 上通用的 OAuth 程序不必改动就能使用 Tower、UCenter 和 PPMessage。表里的每一种用法，测试都在真实的服务器上走完全程，CI 每次都运行。',
    columns: ['程序', '版本', '怎样出示密钥', 'PKCE', '地址'],
    credentials: { basic: 'HTTP Basic', body: '请求体' } satisfies Record<Credentials, string>,
    isDefault: '（默认）',
    pkce: { option: '用与不用', parameters: '用与不用，参数自己加' } satisfies Record<ProvedClient['pkce'], string>,
    addresses: { true: '从元数据得知', false: '在配置里给出' },
    acts: { signIn: '登录', refresh: '刷新', revoke: '撤销', openId: 'OpenID Connect' } satisfies Record<Act, string>,
    join: '、',
    notes: [
      'PPMessage 的文档没有刷新和撤销：令牌 24 小时后失效，到时再授权。',
      'UCenter 还有 OpenID Connect：openid-client 与 oauth4webapi 用它登录，核对 ID 令牌的签名、nonce 和 at_hash。',
      'passport-oauth2 和 client-oauth2 没有撤销的功能，可以自己请求撤销的地址。',
    ],
  },
  en: {
    title: 'General OAuth clients',
    lead: 'The general OAuth clients on npm use Tower, UCenter and PPMessage as they come. Each mode in the table goes all the way on a real server in a test that every run of CI repeats.',
    columns: ['Client', 'Version', 'Secret', 'PKCE', 'Addresses'],
    credentials: { basic: 'HTTP Basic', body: 'body' } satisfies Record<Credentials, string>,
    isDefault: ' (default)',
    pkce: { option: 'with and without', parameters: 'with and without, by parameters' } satisfies Record<
      ProvedClient['pkce'],
      string
    >,
    addresses: { true: 'from the metadata', false: 'configured' },
    acts: {
      signIn: 'sign in',
      refresh: 'refresh',
      revoke: 'revoke',
      openId: 'OpenID Connect',
    } satisfies Record<Act, string>,
    join: ', ',
    notes: [
      'The document of PPMessage has no refresh and no revocation: a token is valid for 24 hours, and then the user authorizes again.',
      'UCenter has OpenID Connect too: openid-client and oauth4webapi sign users in with it and check the signature, the nonce and the at_hash of the ID token.',
      'passport-oauth2 and client-oauth2 cannot revoke; a program can call the revocation endpoint itself.',
    ],
  },
};

const names: Readonly<Record<keyof typeof servers, string>> = {
  tower: 'Tower',
  ucenter: 'UCenter',
  ppmessage: 'PPMessage',
};

/** The page about general OAuth clients. */
export async function clientsPage(language: Language, frame: Frame): Promise<Page> {
  const text = words[language];
  const apis = Object.keys(servers) as (keyof typeof servers)[];
  const row = (client: ProvedClient) => {
    const credentials = client.credentials.map(
      (name, index) => text.credentials[name] + (index === 0 && client.credentials.length > 1 ? text.isDefault : ''),
    );
    const cells = [
      client.version,
      credentials.join(text.join),
      text.pkce[client.pkce],
      text.addresses[`${client.discovers}`],
    ];
    const acts = apis.map((api) =>
      provedActs(client, api)
        .map((act) => text.acts[act])
        .join(text.join),
    );
    return html`<tr><th scope="row">${client.name}</th>${[...cells, ...acts].map((cell) => html`<td>${cell}</td>`)}</tr>`;
  };
  const columns = [...text.columns, ...apis.map((api) => names[api])];
  const body = html`<h1>${text.title}</h1>
<p>${text.lead}</p>
<section class="card"><div class="scroll" tabindex="0"><table class="broad"><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>${clients.map(row)}</table></div></section>
<section class="card"><ul>${text.notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
  return frame({ language, folders: { zh: 'clients', en: 'clients/en' }, title: text.title }, body);
}

/** What the test proves of a client on a server. */
export const provedActs = ({ revokes, openId }: ProvedClient, api: keyof typeof servers): Act[] =>
  servers[api].filter((act) => (act !== 'revoke' || revokes) && (act !== 'openId' || openId));
