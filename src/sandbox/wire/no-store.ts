/** The header of every answer: all of them show a moment. */
export const noStore = { 'Cache-Control': 'no-store' } as const;
