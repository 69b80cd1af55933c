import type { HttpError } from '../../errors.ts';
import { clientCredentials, withoutEmpty } from '../../oauth/credentials.ts';
import { OAuthError } from '../../oauth/errors.ts';
import type { TokenParameters } from '../../oauth/grants/grant.ts';
import { revoke } from '../../oauth/inspect.ts';
import { exchange } from '../../oauth/token-endpoint.ts';
import { profile } from '../profile.ts';
import { CredentialError, ParameterError } from '../wire/errors.ts';
import { accept, type Operation } from '../wire/operation.ts';

/** What each grant cannot do without. The first is its credential. Document, 1.2.1 to 1.2.4. */
const needs = new Map<string, readonly (keyof TokenParameters)[]>([
  ['authorization_code', ['code', 'redirect_uri']],
  ['password', ['username', 'password']],
  ['refresh_token', ['refresh_token']],
]);

/** The token endpoint: parameters in the body or in the query, where the document's own example has them. */
export const createAccessToken: Operation<'createAccessToken'> = async ({ query, body = {}, actor }, context) => {
  const parameters: Record<string, string | undefined> = { ...withoutEmpty(query), ...withoutEmpty(body) };
  const { grant_type = '' } = parameters;
  // A field that was sent twice is a list, and the contract's union lets a grant have the fields of another.
  const odd = Object.keys(parameters).find((name) => typeof parameters[name] !== 'string');
  if (odd !== undefined) throw new ParameterError(odd);
  const needed = ['grant_type', ...(actor ? [] : ['client_id', 'client_secret']), ...(needs.get(grant_type) ?? [])];
  const missing = needed.find((name) => parameters[name] === undefined);
  if (missing !== undefined) throw new ParameterError(missing);
  try {
    const credentials = clientCredentials(actor, parameters);
    const token = await handleTokenRequest(profile, { ...parameters, grant_type }, { credentials }, context);
    return accept('获取access_token成功', {
      access_token: token.accessToken,
      token_type: 'Bearer' as const,
      expires_in: Math.max(0, Math.ceil((token.accessExpiresAt - Date.now()) / 1000)),
      ...(token.refreshToken !== undefined && { refresh_token: token.refreshToken }),
    });
  } catch (error) {
    throw error instanceof OAuthError ? retell(error, grant_type) : error;
  }
};

export const revokeToken: Operation<'revokeToken'> = async ({ body, actor }, context) => {
  try {
    await revoke(profile, body.token, clientCredentials(actor, body), context);
  } catch (error) {
    throw error instanceof OAuthError ? retell(error) : error;
  }
  return accept('撤销成功', {});
};

/** A refusal of the authorization server in the words of the document: which parameter is wrong. Facts, section 4. */
function retell(error: OAuthError, grantType = ''): HttpError {
  const { code, message } = error;
  if (code === 'invalid_client') return new CredentialError('客户端认证失败', 'client');
  if (code === 'invalid_grant' && grantType === 'password') return new CredentialError('用户名或密码错误。', 'client');
  if (code === 'invalid_scope') return new ParameterError('scope');
  if (code === 'unsupported_grant_type' || code === 'unauthorized_client') return new ParameterError('grant_type');
  const named = ['redirect_uri', 'code_verifier'].find((name) => message.replaceAll(' ', '_').includes(name));
  return new ParameterError(named ?? needs.get(grantType)?.[0] ?? 'client_secret');
}
