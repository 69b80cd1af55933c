import type { Generated } from 'kysely';

/** Tables of src/oauth. `api` is the name of the API whose account or application it is: clients of two never mix. */
export interface OauthTables {
  oauth_clients: OauthClientsTable;
  oauth_codes: OauthCodesTable;
  oauth_tokens: OauthTokensTable;
  oauth_sessions: OauthSessionsTable;
  oauth_second_steps: OauthSecondStepsTable;
}

/** Applications. */
export interface OauthClientsTable {
  api: string;
  id: string;
  name: string;
  /** argon2id; null for a public client, which has no secret. */
  secret_hash: string | null;
  /** JSON array of strings. */
  redirect_uris: string;
  /** Separated by spaces; empty when the client has none. */
  scopes: string;
  /** JSON array of grant types. */
  grants: string;
  /** Whose application it is, in the API's own terms: for Tower a team. */
  owner_id: string | null;
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
  redirect_uri: string;
  scope: string;
  /** PKCE with S256; null when the client sent none. */
  code_challenge: string | null;
  /** Shared by the code and every token that comes from it, so that a replay can revoke them all. */
  grant_id: string;
  created_at: number;
  expires_at: number;
  consumed_at: number | null;
}

/** Access tokens, each with the refresh token that was issued beside it. */
export interface OauthTokensTable {
  id: string;
  api: string;
  client_id: string;
  /** Null when the client acts for itself. */
  user_id: string | null;
  scope: string;
  /** SHA-256, as is `refresh_hash`. */
  access_hash: string;
  refresh_hash: string | null;
  access_expires_at: number;
  /** Null when there is no refresh token, or one that does not expire. */
  refresh_expires_at: number | null;
  grant_id: string;
  created_at: number;
  first_used_at: number | null;
  revoked_at: number | null;
  rotated_at: number | null;
  /** The sealed answer to the rotation, for a client that lost it and asks again. */
  rotation_answer: string | null;
}

/** Signed-in browsers. */
export interface OauthSessionsTable {
  /** SHA-256 of the cookie's value. */
  id_hash: string;
  api: string;
  user_id: string;
  created_at: number;
  expires_at: number;
}

/** Second steps of a sign-in that wait for their code. */
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

declare module '../../database/tables.ts' {
  interface Tables extends OauthTables {}
}
