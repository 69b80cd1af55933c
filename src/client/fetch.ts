/** `fetch` as a free function: browsers throw when theirs is called as a method of another object. */
export const freeFetch =
  (fetch: typeof globalThis.fetch | undefined): typeof globalThis.fetch =>
  (input, init) =>
    (fetch ?? globalThis.fetch)(input, init);
