import { claims } from './openid-claims.ts';
import { signIn } from './openid-sign-in.ts';
import type { Requirement } from './requirement.ts';
import { endpoints } from './rfc6749-endpoints.ts';
import { grants } from './rfc6749-grants.ts';
import { considerations } from './rfc6749-security.ts';
import { rfc6750 } from './rfc6750.ts';
import { rfc7009 } from './rfc7009.ts';
import { rfc7636 } from './rfc7636.ts';
import { rfc7662 } from './rfc7662.ts';
import { rfc8252 } from './rfc8252.ts';
import { rfc8414 } from './rfc8414.ts';
import { rfc9207 } from './rfc9207.ts';
import { attacks } from './rfc9700-attacks.ts';
import { practices } from './rfc9700-practices.ts';

/** A document whose requirements the page lists. */
export interface Standard {
  name: string;
  /** As the document calls itself. */
  title: string;
  url: string;
  requirements: readonly Requirement[];
}

const rfc = (number: number, title: string, ...parts: (readonly Requirement[])[]): Standard => ({
  name: `RFC ${number}`,
  title,
  url: `https://www.rfc-editor.org/rfc/rfc${number}`,
  requirements: parts.flat(),
});

export const standards: readonly Standard[] = [
  rfc(6749, 'The OAuth 2.0 Authorization Framework', endpoints, grants, considerations),
  rfc(6750, 'Bearer Token Usage', rfc6750),
  rfc(7009, 'Token Revocation', rfc7009),
  rfc(7636, 'Proof Key for Code Exchange', rfc7636),
  rfc(7662, 'Token Introspection', rfc7662),
  rfc(8252, 'OAuth 2.0 for Native Apps', rfc8252),
  rfc(8414, 'Authorization Server Metadata', rfc8414),
  rfc(9207, 'Authorization Server Issuer Identification', rfc9207),
  rfc(9700, 'Best Current Practice for OAuth 2.0 Security', practices, attacks),
  {
    name: 'OpenID Connect',
    title: 'OpenID Connect Core 1.0',
    url: 'https://openid.net/specs/openid-connect-core-1_0.html',
    requirements: [...signIn, ...claims],
  },
];
