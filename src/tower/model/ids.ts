import { newSortableId } from '../../database/sortable-id.ts';

/** A new id of a resource: 32 hexadecimal digits (T-31) that sort by creation, so that a list keeps its order. */
export const newId = (now: number): string => newSortableId(now).replaceAll('-', '');
