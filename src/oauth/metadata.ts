import type { RequestInfo } from '../http/request.ts';
import type { PagesProfile } from './profile.ts';

/**
 * The authorization server metadata of RFC 8414 §2. Each API adds its own grants, scopes and introspection endpoint.
 */
export function authorizationServerMetadata(profile: PagesProfile, request: RequestInfo) {
  const { baseUrl } = request;
  const { paths } = profile;
  return {
    issuer: baseUrl,
    authorization_endpoint: baseUrl + paths.authorize,
    token_endpoint: baseUrl + paths.token,
    revocation_endpoint: baseUrl + paths.revoke,
    response_types_supported: list('code'),
    response_modes_supported: list('query'),
    token_endpoint_auth_methods_supported: list('client_secret_basic', 'client_secret_post', 'none'),
    revocation_endpoint_auth_methods_supported: list('client_secret_basic', 'client_secret_post', 'none'),
    code_challenge_methods_supported: list('S256'),
    authorization_response_iss_parameter_supported: true as const,
    service_documentation: `${request.serverUrl}/docs/${profile.api}/`,
    ui_locales_supported: list('zh-CN', 'en'),
  };
}

/** An array whose members keep their literal types, which the contracts require. */
export const list = <const T extends readonly string[]>(...values: T): T[number][] => [...values];
