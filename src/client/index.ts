/** The typed clients. They need nothing but openapi-fetch, so that bundles stay small; take one and leave the others. */
export * from './oauth.ts';
export * from './tokens.ts';
export * from './tower.ts';
