import { afterEach, expect, it, vi } from 'vitest';
import { newSortableId } from '../../src/database/sortable-id.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('is a UUID of version 7', () => {
  expect(newSortableId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('sorts by creation within a millisecond, past the counter and when the clock is set back', () => {
  vi.useFakeTimers({ now: Date.now() + 1000 });
  const ids = Array.from({ length: 10_000 }, newSortableId);
  vi.setSystemTime(Date.now() - 5000);
  ids.push(newSortableId());
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
