import type { OperandExpression } from 'kysely';
import type { Database, Transaction } from '../database/open.ts';
import type { Channel } from '../messages/queue.ts';

/** How an API differs from the others. The authorization server knows no API: each one passes its profile in. */
export interface Profile {
  /** Name of the API; its clients, codes and tokens carry it. */
  api: string;
  grants: readonly GrantType[];
  /** Scopes that a client can request, each with its line on the consent page. */
  scopes: Readonly<Record<string, Text>>;
  /** In seconds. */
  lifetimes: {
    accessToken: number;
    /** `undefined`: a refresh token lives until it is used. */
    refreshToken: number | undefined;
    code: number;
  };
  /** A new token revokes the previous one of the same client and user. */
  singleToken: boolean;
  /** @param scope that of the token */
  newToken(scope: readonly string[]): string;
  newCode(): string;
  /** A refresh may be authenticated by the access token in place of the client's credentials. */
  refreshByBearer: boolean;
  /** Authorization responses carry `iss` (RFC 9207). */
  sendsIssuer: boolean;
  /** Scopes that a client can request, and gets only then, when it is registered with the scope that names them. */
  impliedScopes?: Readonly<Record<string, readonly string[]>>;
  /** OpenID Connect: the scope `openid` is a part of `scopes`. */
  openId?: boolean;
}

/** The profile of an API with sign-in sessions, a consent page and optional two-step verification. */
export interface PagesProfile extends Profile {
  /** Name of the product on the pages. */
  title: Text;
  accounts: Accounts;
  /** What every application can do with any scopes: lines of the consent page. */
  access: readonly Text[];
  /** Paths below the API's base. */
  paths: {
    authorize: string;
    /** The page that shows a code; absent when the API has no out-of-band redirect. */
    code?: string;
    token: string;
    revoke: string;
    signIn: string;
    signOut: string;
    home: string;
  };
  /** Present when accounts of the API can have two-step verification. */
  secondStep?: {
    /** `error_description` of `otp_required`. */
    description: string;
    /** The message that carries a code. */
    message(code: string): string;
  };
  /** Labels of the sign-in page. */
  labels: { login: Text; loginHint: Text };
}

export type GrantType = 'authorization_code' | 'password' | 'client_credentials' | 'refresh_token';

export type Language = 'zh-CN' | 'en';
export type Text = Readonly<Record<Language, string>>;

/** A user who can sign in. */
export interface Account {
  id: string;
  /** As shown on the pages. */
  name: string;
  passwordHash: string;
  /** Where the code goes when two-step verification is on. */
  secondStep?: { channel: Channel; to: string };
}

/** How to find the accounts of an API. */
export interface Accounts {
  /** Finds by the login of the sign-in form, such as an e-mail address. */
  findByLogin(database: Database | Transaction, login: string): Promise<Account | undefined>;
  /** @param id also as a query for it, so that an account is read together with what names it */
  findById(database: Database | Transaction, id: string | OperandExpression<string>): Promise<Account | undefined>;
}

/** The profile of an API whose users sign in here. @throws Error for any other */
export function requirePages(profile: Profile): PagesProfile {
  if (!('accounts' in profile)) throw new Error(`${profile.api} has no accounts that sign in here`);
  return profile as PagesProfile;
}
