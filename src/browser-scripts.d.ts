/** The text of a script for browsers, bundled and minified (`.ci/browser-scripts.mjs`). */
declare module '*.browser.ts?script' {
  export const script: string;
}
