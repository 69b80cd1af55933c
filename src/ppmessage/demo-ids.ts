/** An id of the demo data: the same in every sandbox. */
export const demoId = (kind: string, number: number): string =>
  `d00000${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const appUuid = demoId('00', 1);
