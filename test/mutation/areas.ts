/** A part of the server whose code is changed, and the tests that should notice. */
export interface Area {
  files: readonly string[];
  tests: readonly string[];
}

/**
 * What protects accounts and what every request goes through, and of the rooms UCenter's rules: it is the smallest room
 * with accounts, roles and permissions, and its rules wait for nothing. (Code that waits, as in src/live, makes a test of
 * most changes wait until its time is over.)
 */
export const areas: Readonly<Record<string, Area>> = {
  oauth: {
    // Migrations run once, and the look of pages is not tested.
    files: ['src/oauth/**/*.ts', '!src/oauth/database/*.ts', '!src/oauth/pages/*.ts'],
    tests: ['test/oauth/*.test.ts'],
  },
  http: { files: ['src/http/**/*.ts'], tests: ['test/http/*.test.ts'] },
  ucenter: {
    files: ['src/ucenter/model/**/*.ts', 'src/ucenter/wire/**/*.ts'],
    tests: ['test/ucenter/*.test.ts'],
  },
};

/** Texts are not changed: what a message says is for people. */
export const excludedMutations = ['StringLiteral', 'ObjectLiteral'];
