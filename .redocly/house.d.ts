/** Calls `visit` for every piece of prose in an OpenAPI document and puts what it returns, if anything, in its place. */
export function eachProse(document: unknown, visit: (text: string, pointer: string) => string | undefined): void;

/** A copy of an OpenAPI document with its prose in another language: original text → translated text. */
export function translate<T>(document: T, dictionary: Record<string, string>): T;
