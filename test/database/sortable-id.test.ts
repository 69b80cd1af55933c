import { expect, it } from 'vitest';
import { newSortableId } from '../../src/database/sortable-id.ts';

const timeOf = (id: string) => Number.parseInt(id.slice(0, 13).replace('-', ''), 16);

/** Later than every id so far: other tests of this worker may have moved their clocks forward. */
const later = () => timeOf(newSortableId(Date.now())) + 1000;

it('is a UUID of version 7 with the given time', () => {
  const now = later();
  const id = newSortableId(now);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(timeOf(id)).toBe(now);
});

it('sorts by creation within a millisecond, past the counter and when the clock is set back', () => {
  const now = later();
  const ids = Array.from({ length: 10_000 }, () => newSortableId(now));
  ids.push(newSortableId(now - 5000));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
