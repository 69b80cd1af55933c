import type { Context } from '../context.ts';
import type { Api } from '../http/api.ts';
import { authorizationCredentials } from '../http/authorization-header.ts';
import type { RequestInfo } from '../http/request.ts';
import { isSecretOf } from './model/apps.ts';
import { GobelieveError } from './model/errors.ts';
import { findTokenOwner } from './model/tokens.ts';
import type { Actors } from './wire/operation.ts';

/** One handler for each security scheme of the contract. */
export const security: Api['security'] = {
  /** `Basic base64(appid ":" md5hex(appsecret))` */
  async server({ headers, request }, context): Promise<Actors['server'] | undefined> {
    const { appid, digest } = readBasic(authorizationCredentials(headers.authorization, 'basic') ?? '');
    // Anything but an MD5, such as the secret itself, counts as missing credentials: that error shows the right form.
    if (digest === undefined) return undefined;
    if (await isSecretOf(appid, digest, request.network, context)) return { appid };
    throw new GobelieveError('wrongSecret');
  },

  async client({ headers }, context): Promise<Actors['client'] | undefined> {
    const token = authorizationCredentials(headers.authorization, 'bearer');
    if (token === undefined) return undefined;
    const owner = await findTokenOwner(context, token);
    if (owner === undefined) throw new GobelieveError('invalidToken');
    return owner;
  },
};

/** The token of a request that a device sent. */
export const bearerOf = ({ authorization }: RequestInfo): string =>
  authorizationCredentials(authorization, 'bearer') ?? '';

/** Whether a request has the credentials of the app's server, for an operation that requires none. */
export async function isServerOf(
  appid: number,
  { authorization, network }: RequestInfo,
  context: Context,
): Promise<boolean> {
  const { appid: id, digest } = readBasic(authorizationCredentials(authorization, 'basic') ?? '');
  return id === appid && digest !== undefined && isSecretOf(appid, digest, network, context);
}

function readBasic(encoded: string): { appid: number; digest: string | undefined } {
  const [, id, digest] = /^([1-9]\d{0,15}):([0-9a-f]{32})$/i.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return { appid: Number(id), digest: digest?.toLowerCase() };
}
