import type { TryData } from './data.ts';

/** What the server has written into the page. */
export const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as TryData;
