import type { DemoName, DemoPerson } from './api.ts';

/**
 * The people of the demo data who are there, by their keys.
 *
 * @param idOf undefined for a person who is not there
 */
export const demoPeople = (
  people: readonly DemoPerson[],
  idOf: (person: DemoPerson) => string | number | undefined,
  kindOf: (person: DemoPerson) => string = () => 'users',
): (readonly [string, DemoName])[] =>
  people.flatMap((person) => {
    const id = idOf(person);
    return id === undefined ? [] : [[person.key, { kind: kindOf(person), id }] as const];
  });
