import type { Context } from '../context.ts';
import { HttpError } from '../errors.ts';
import type { Api } from '../http/api.ts';
import type { RequestInfo } from '../http/request.ts';
import { hashPassword, md5, sha256, verifySecret, wasVerified } from '../secrets.ts';
import type { Actors } from './wire/operation.ts';

/** One handler for each security scheme of the contract. */
export const security: Api['security'] = {
  /** `Basic base64(appid ":" md5hex(appsecret))`; seed, 「接口规范」. */
  async server({ headers, request }, context): Promise<Actors['server'] | undefined> {
    const { appid, digest } = readBasic(credentialsOf(headers.authorization, 'basic') ?? '');
    // Whoever sends the secret itself, say, is told what to send.
    if (digest === undefined) return undefined;
    if (await isSecretOf(appid, digest, request.address, context)) return { appid };
    throw new HttpError('unauthorized', 'The app id or the secret is wrong');
  },

  async client({ headers }, { database }): Promise<Actors['client'] | undefined> {
    const token = credentialsOf(headers.authorization, 'bearer');
    if (token === undefined) return undefined;
    const owner = await database
      .selectFrom('gobelieve_tokens')
      .select(['app_id', 'uid'])
      .where('token_hash', '=', sha256(token))
      .executeTakeFirst();
    if (owner === undefined) {
      const headers = { 'WWW-Authenticate': 'Bearer realm="GoBelieve", error="invalid_token"' };
      throw new HttpError('unauthorized', 'The token is invalid', { headers });
    }
    return { appid: owner.app_id, uid: owner.uid };
  },
};

/** Whether a request to everybody comes from the app's own server. */
export async function isServerOf(
  appid: number,
  { authorization, address }: RequestInfo,
  context: Context,
): Promise<boolean> {
  const { appid: id, digest } = readBasic(credentialsOf(authorization, 'basic') ?? '');
  return id === appid && digest !== undefined && isSecretOf(appid, digest, address, context);
}

function readBasic(encoded: string): { appid: number; digest: string | undefined } {
  const [, id, digest] = /^([1-9]\d{0,15}):([0-9a-f]{32})$/i.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return { appid: Number(id), digest: digest?.toLowerCase() };
}

/** What a new app's secret is kept as: the original's password is the secret's MD5, so that is what gets hashed. */
export const hashSecret = (secret: string): Promise<string> => hashPassword(md5(secret));

async function isSecretOf(appid: number, digest: string, address: string, { database, limits, config }: Context) {
  const app = await database
    .selectFrom('gobelieve_apps')
    .select('secret_hash')
    .where('id', '=', appid)
    .executeTakeFirst();
  if (app === undefined) return false;
  if (wasVerified(app.secret_hash, digest)) return true;
  const rule = { name: 'gobelieve-secret', points: config.wrongGuesses, seconds: 300, block: 10 };
  const key = `${appid}:${address}`;
  try {
    await limits.check(rule, key);
    if (await verifySecret(app.secret_hash, digest)) return true;
    await limits.consume(rule, key);
  } catch (error) {
    // The contract has no 429 here, and who guesses learns nothing from a 401.
    if (!(error instanceof HttpError)) throw error;
  }
  return false;
}

/** What follows the scheme word of an Authorization header, whatever its case. */
function credentialsOf(header: string | undefined, scheme: string): string | undefined {
  const [, word, credentials] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  return word?.toLowerCase() === scheme ? credentials : undefined;
}
