import { parse as parseCookies } from 'cookie';
import type { Request } from 'express';
import type { Context } from '../context.ts';
import { HttpError } from '../errors.ts';
import type { Api, CredentialSource, SecurityHandler } from './api.ts';
import { type OperationObject, resolve } from './contract.ts';
import type { RequestInfo } from './request.ts';

/** Returns the actor of a request, or a promise of it. Throws 401 when the contract requires one and there is none. */
export type Authenticate = (request: Request, info: RequestInfo, context: Context) => unknown;

/**
 * The caller of one request. It is identified by headers and query before the body is read, and again by what was read of
 * the body where the contract allows credentials there.
 */
export class Caller {
  /** Whether there is an actor. */
  isKnown = false;
  private readonly authenticate: () => unknown;
  private actor: unknown;
  private error: unknown;

  constructor(authenticate: () => unknown) {
    this.authenticate = authenticate;
  }

  /** Whether the operation may be called: with this actor, or without one. */
  get isAccepted(): boolean {
    return this.error === undefined;
  }

  /** Authenticates by what was read of the request; the result is kept. */
  identify(): void | Promise<void> {
    try {
      const actor = this.authenticate();
      if (actor instanceof Promise) return actor.then(this.keepActor, this.keepError);
      this.keepActor(actor);
    } catch (error) {
      this.keepError(error);
    }
  }

  /** The actor; `undefined` where the contract requires none. Throws 401. */
  requireActor(): unknown {
    if (this.error !== undefined) throw this.error;
    return this.actor;
  }

  private readonly keepActor = (actor: unknown) => {
    this.actor = actor;
    this.error = undefined;
    this.isKnown = actor !== undefined;
  };

  private readonly keepError = (error: unknown) => {
    this.error = error;
    this.isKnown = false;
  };
}

/**
 * The authentication of one operation. The contract's alternatives are tried in order until one is satisfied. Wrong
 * credentials are ignored when another alternative is satisfied; otherwise their error is thrown, also where the contract
 * allows a request without credentials.
 */
export function authenticator(api: Api, operation: OperationObject): Authenticate {
  const alternatives = (operation.security ?? api.contract.security ?? []).map((requirement) =>
    Object.entries(requirement).map(([scheme, scopes]) => ({ handler: handlerOf(api, scheme), scopes })),
  );
  const optional = alternatives.length === 0 || alternatives.some((schemes) => schemes.length === 0);
  const needed = alternatives.filter((schemes) => schemes.length > 0);
  if (needed.length === 0) return () => undefined;

  const [[only, ...others] = [], ...further] = needed;
  if (only !== undefined && others.length === 0 && further.length === 0) {
    const check = (actor: unknown) => (actor === undefined && !optional ? throwMissing() : actor);
    return (request, info, context) => {
      const actor = only.handler(new Source(request, info), context, only.scopes);
      return actor instanceof Promise ? actor.then(check) : check(actor);
    };
  }

  return async (request, info, context) => {
    const source = new Source(request, info);
    let firstError: unknown;
    for (const schemes of needed) {
      try {
        const actors: unknown[] = [];
        for (const { handler, scopes } of schemes) actors.push(await handler(source, context, scopes));
        if (!actors.includes(undefined)) return actors.length === 1 ? actors[0] : actors;
      } catch (error) {
        firstError ??= error;
      }
    }
    if (firstError !== undefined) throw firstError;
    return optional ? undefined : throwMissing();
  };
}

/** The request has no credentials of a scheme that the operation accepts. */
export class MissingCredentialsError extends HttpError {
  constructor() {
    super('unauthorized', 'Credentials are required');
  }
}

function throwMissing(): never {
  throw new MissingCredentialsError();
}

/** The fields of the body that may hold the credentials of an operation, by the `x-fields` of its security schemes. */
export function credentialFields({ contract }: Api, operation: OperationObject): readonly string[] {
  const schemes = contract.components?.securitySchemes ?? {};
  const names = (operation.security ?? contract.security ?? []).flatMap((requirement) => Object.keys(requirement));
  return names.flatMap((name) => resolve(contract, schemes[name] as { 'x-fields'?: string[] })['x-fields'] ?? []);
}

function handlerOf(api: Api, scheme: string): SecurityHandler {
  const handler = api.security[scheme];
  if (handler === undefined) throw new Error(`${api.name} has no handler for the security scheme ${scheme}`);
  return handler;
}

class Source implements CredentialSource {
  readonly request: RequestInfo;
  private readonly raw: Request;
  private cookies: Record<string, string | undefined> | undefined;

  constructor(raw: Request, request: RequestInfo) {
    this.raw = raw;
    this.request = request;
  }

  get headers() {
    return this.raw.headers;
  }

  get query() {
    return this.raw.query;
  }

  get body(): unknown {
    return this.raw.body;
  }

  cookie(name: string): string | undefined {
    this.cookies ??= parseCookies(this.raw.headers.cookie ?? '');
    return this.cookies[name];
  }
}
