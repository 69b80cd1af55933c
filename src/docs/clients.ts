/** How a client sends its secret: in HTTP Basic or in the body. */
export type Credentials = 'basic' | 'body';

/** A general OAuth client, and the modes in which it was proved. */
export interface ProvedClient {
  /** Its name on npm. */
  name: string;
  version: string;
  /** The first one is its default. */
  credentials: readonly [Credentials, ...Credentials[]];
  /** Whether it has PKCE, or takes the parameters that the program adds. */
  pkce: 'option' | 'parameters';
  /** Whether it finds the addresses by the metadata of RFC 8414. */
  discovers: boolean;
  revokes: boolean;
  /** Whether it speaks OpenID Connect. */
  openId: boolean;
}

/** `test/oauth/general-clients.test.ts` runs each of these, in each mode and on each server. */
export const clients: readonly ProvedClient[] = [
  {
    name: 'openid-client',
    version: '6.8.9',
    credentials: ['body', 'basic'],
    pkce: 'option',
    discovers: true,
    revokes: true,
    openId: true,
  },
  {
    name: 'oauth4webapi',
    version: '3.8.8',
    credentials: ['basic', 'body'],
    pkce: 'option',
    discovers: true,
    revokes: true,
    openId: true,
  },
  {
    name: 'simple-oauth2',
    version: '5.1.0',
    credentials: ['basic', 'body'],
    pkce: 'parameters',
    discovers: false,
    revokes: true,
    openId: false,
  },
  {
    name: 'passport-oauth2',
    version: '1.8.0',
    credentials: ['body'],
    pkce: 'option',
    discovers: false,
    revokes: false,
    openId: false,
  },
  {
    name: '@badgateway/oauth2-client',
    version: '3.3.1',
    credentials: ['basic', 'body'],
    pkce: 'option',
    discovers: true,
    revokes: true,
    openId: false,
  },
  {
    name: 'client-oauth2',
    version: '4.3.3',
    credentials: ['basic'],
    pkce: 'parameters',
    discovers: false,
    revokes: false,
    openId: false,
  },
];

/** What a client can do at a server. */
export type Act = 'signIn' | 'refresh' | 'revoke' | 'openId';

/** The OAuth servers, with what their documents and extensions have. */
export const servers: Readonly<Record<'tower' | 'ucenter' | 'ppmessage', readonly Act[]>> = {
  tower: ['signIn', 'refresh', 'revoke'],
  ucenter: ['signIn', 'refresh', 'revoke', 'openId'],
  ppmessage: ['signIn'],
};
