const meta = { code: 200, message: 'success' } as const;

/** The answer of an operation that has data. */
export const answer = <Data>(data: Data) => ({ status: 200 as const, body: { meta, data } });

/** The answer of all operations without data. */
export const done = answer({ success: true } as const);
