import type { Database, Transaction } from '../database/open.ts';
import type { Channel } from '../messages/queue.ts';

export type GrantType = 'authorization_code' | 'password' | 'client_credentials' | 'refresh_token';

export type Language = 'zh-CN' | 'en';
export type Text = Readonly<Record<Language, string>>;

/** Someone who can sign in. */
export interface Account {
  id: string;
  /** What people see of it on the pages. */
  name: string;
  passwordHash: string;
  /** Where the code goes when two-step verification is on. */
  secondStep?: { channel: Channel; to: string };
}

/** Where the accounts of an API are. */
export interface Accounts {
  /** By what people type into the sign-in form. */
  findByLogin(database: Database | Transaction, login: string): Promise<Account | undefined>;
  findById(database: Database | Transaction, id: string): Promise<Account | undefined>;
}

/** What every API tells the authorization server about itself. The server knows no API; this is where they differ. */
export interface Profile {
  /** Name of the API; its clients, codes and tokens carry it. */
  api: string;
  grants: readonly GrantType[];
  /** Scopes that can be asked for, with what the consent page says of each. */
  scopes: Readonly<Record<string, Text>>;
  lifetimes: {
    accessToken: number;
    /** Seconds; `undefined`: a refresh token lives until it is used. */
    refreshToken: number | undefined;
    code: number;
  };
  /** A new token makes the previous one of the same client and user invalid. */
  singleToken: boolean;
  newToken(): string;
  newCode(): string;
  /** Whether refresh may be proved by the access token instead of the client's credentials. */
  refreshByBearer: boolean;
  /** Whether redirects name their sender (RFC 9207), as the metadata then have to say. */
  sendsIssuer: boolean;
}

/** What the pages need besides: signing in with a session, consent, the second step. */
export interface PagesProfile extends Profile {
  /** Name of the product on the pages. */
  title: Text;
  accounts: Accounts;
  /** What an application always gets to see, whatever its scopes: lines of the consent page. */
  access: readonly Text[];
  /** Addresses below the API's base; what has none does not exist there. */
  paths: {
    authorize: string;
    /** The page that shows a code; without it no code is given out of band. */
    code?: string;
    token: string;
    revoke: string;
    signIn: string;
    signOut: string;
    home: string;
  };
  /** Of an API whose accounts can have a second step. */
  secondStep?: {
    /** `error_description` of `otp_required`. */
    description: string;
    /** The text that carries a code. */
    message(code: string): string;
  };
  /** Labels of the sign-in page. */
  labels: { login: Text; loginHint: Text };
}
