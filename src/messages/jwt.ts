import { type KeyObject, sign } from 'node:crypto';

/** A signed JSON Web Token (RFC 7519): ES256 with an elliptic curve key, RS256 with an RSA key. */
export function signJwt(key: KeyObject, claims: object, header: object = {}): string {
  const alg = key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256';
  const content = [{ alg, typ: 'JWT', ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  // JWS has the two numbers of an ECDSA signature side by side (RFC 7518 §3.4); RSA ignores this option.
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}
