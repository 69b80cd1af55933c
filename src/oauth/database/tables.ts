import type { Generated } from 'kysely';

/** The authorization server's tables. `api` is the API that a row belongs to: APIs share no clients and no accounts. */
export interface OauthTables {
  oauth_clients: OauthClientsTable;
  oauth_codes: OauthCodesTable;
  oauth_tokens: OauthTokensTable;
  oauth_sessions: OauthSessionsTable;
  oauth_second_steps: OauthSecondStepsTable;
  oauth_known_networks: OauthKnownNetworksTable;
  oauth_signing_keys: OauthSigningKeysTable;
}

/** Clients. */
export interface OauthClientsTable {
  api: string;
  id: string;
  name: string;
  /** argon2id; null for a public client. */
  secret_hash: string | null;
  /** HMAC of the secret with `SECRET_KEY`, once it is known; a wrong secret has to be compared with the hash. */
  secret_digest: string | null;
  /** JSON array of strings. */
  redirect_uris: string;
  /** Separated by spaces; empty when the client has none. */
  scopes: string;
  /** JSON array of grant types. */
  grants: string;
  /** Owner of the client in the API's own terms, such as a team. */
  owner_id: string | null;
  /** The user who created the client; null when an operator did. */
  creator_id: string | null;
  created_at: number;
  updated_at: number;
}

/** Authorization codes. */
export interface OauthCodesTable {
  /** SHA-256. */
  code_hash: string;
  api: string;
  client_id: string;
  user_id: string;
  /** `id_hash` of the session in which the user allowed the request; null without a session. */
  session_hash: string | null;
  redirect_uri: string;
  scope: string;
  /** PKCE with S256; null when the client sent none. */
  code_challenge: string | null;
  /** For the ID token; null when the request had none. */
  nonce: string | null;
  /** When the user signed in on the pages; null without a session. */
  authenticated_at: number | null;
  /** Shared by the code and all tokens that come from it: a replay revokes them all. */
  grant_id: string;
  created_at: number;
  expires_at: number;
  consumed_at: number | null;
}

/** Access tokens, each with its refresh token. */
export interface OauthTokensTable {
  id: string;
  api: string;
  client_id: string;
  /** Null when the client acts for itself. */
  user_id: string | null;
  /** Owner of the account in the API's own terms, such as a team; null when it is the owner of the client. */
  owner_id: string | null;
  scope: string;
  /** SHA-256, as is `refresh_hash`. */
  access_hash: string;
  refresh_hash: string | null;
  access_expires_at: number;
  /** Null without a refresh token, and when it does not expire. */
  refresh_expires_at: number | null;
  grant_id: string;
  /** When the user signed in on the pages; null when the token comes from anything else. */
  authenticated_at: number | null;
  created_at: number;
  /** Null until a token that comes from a refresh is used; that of other tokens is not recorded. */
  first_used_at: number | null;
  revoked_at: number | null;
  rotated_at: number | null;
  /** The sealed answer to the refresh, for a client that lost it and repeats the request. */
  rotation_answer: string | null;
}

/** Sessions of browsers that are signed in. */
export interface OauthSessionsTable {
  /** SHA-256 of the cookie's value. */
  id_hash: string;
  api: string;
  user_id: string;
  created_at: number;
  expires_at: number;
}

/** Second steps of sign-ins (two-step verification). */
export interface OauthSecondStepsTable {
  id_hash: string;
  api: string;
  user_id: string;
  /** Empty when the sign-in happens in a browser. */
  client_id: string;
  code_hash: string;
  attempts: Generated<number>;
  created_at: number;
  expires_at: number;
  consumed_at: number | null;
}

/** Networks from which users have signed in. */
export interface OauthKnownNetworksTable {
  api: string;
  user_id: string;
  /** SHA-256 of the user's id and the network. */
  network_hash: string;
  /** Time of the latest sign-in. */
  used_at: number;
}

/** Keys that sign ID tokens. */
export interface OauthSigningKeysTable {
  id: string;
  api: string;
  /** JSON object with `n` and `e` of the JWK. */
  public_key: string;
  /** PKCS #8, encrypted with `SECRET_KEY`. */
  private_key: string;
  created_at: number;
  /** When a newer key took its place; null for the one that signs. */
  retired_at: number | null;
}

declare module '../../database/tables.ts' {
  interface Tables extends OauthTables {}
}
