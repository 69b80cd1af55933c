import type { components } from '../../../generated/ppmessage.ts';
import type { RequestInfo } from '../../http/request.ts';
import { list } from '../../oauth/metadata.ts';

/** The metadata of RFC 8414 §2, for keys of third parties: the own programs have other grants (P-59). */
export const toServerMetadata = ({ baseUrl, serverUrl }: RequestInfo): components['schemas']['ServerMetadata'] => ({
  issuer: baseUrl,
  authorization_endpoint: `${baseUrl}/ppauth/auth`,
  token_endpoint: `${baseUrl}/ppauth/token`,
  response_types_supported: list('code'),
  response_modes_supported: list('query'),
  grant_types_supported: list('authorization_code'),
  token_endpoint_auth_methods_supported: list('client_secret_basic', 'client_secret_post'),
  code_challenge_methods_supported: list('S256'),
  service_documentation: `${serverUrl}/docs/ppmessage/`,
  ui_locales_supported: list('zh-CN', 'en'),
});
