import type { RequestInfo } from '../../http/request.ts';
import { authorizationServerMetadata, list } from '../../oauth/metadata.ts';
import { PROMPTS } from '../../oauth/openid/parameters.ts';
import { profile } from '../profile.ts';
import { claimNames } from './claims.ts';
import type { Schemas } from './operation.ts';

/** Every application of UCenter has a secret. */
const clientAuthentication = list('client_secret_basic', 'client_secret_post');

/** The metadata of RFC 8414 and of OpenID Connect Discovery §3, in one document. */
export const toMetadata = (request: RequestInfo): Schemas['ProviderMetadata'] => ({
  ...authorizationServerMetadata(profile, request),
  introspection_endpoint: `${request.baseUrl}/api/oauth/introspect`,
  userinfo_endpoint: `${request.baseUrl}/oauth/userinfo`,
  jwks_uri: `${request.baseUrl}/oauth/jwks`,
  scopes_supported: Object.keys(profile.scopes),
  grant_types_supported: list('authorization_code', 'password', 'client_credentials', 'refresh_token'),
  token_endpoint_auth_methods_supported: clientAuthentication,
  revocation_endpoint_auth_methods_supported: clientAuthentication,
  introspection_endpoint_auth_methods_supported: clientAuthentication,
  subject_types_supported: list('public'),
  id_token_signing_alg_values_supported: list('RS256'),
  claims_supported: claimNames,
  prompt_values_supported: [...PROMPTS],
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
});
