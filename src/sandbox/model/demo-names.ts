import type { Database, Transaction } from '../../database/open.ts';
import type { Api, Demo, DemoName, DemoPerson } from '../../http/api.ts';

/** The name of the first person of an API's demo data. */
export const FIRST_PERSON = 'demo';

/** The name of the application of an API's demo data. */
export const DEMO_APP = 'demo_app';

/** What is there of the demo data of an API, by the names that seeds may use. `demo` is the first person. */
export async function readDemoNames(
  database: Database | Transaction,
  { demo }: Api,
): Promise<ReadonlyMap<string, DemoName>> {
  if (demo === undefined) return new Map();
  const names = await demo.names(database);
  const [first] = peopleThere(demo, names);
  const named = first && names.get(first.key);
  return named === undefined ? names : new Map([...names, [FIRST_PERSON, named]]);
}

/** The people of the demo data who are there. */
export const peopleThere = ({ people }: Demo, names: ReadonlyMap<string, DemoName>): DemoPerson[] =>
  people.filter(({ key }) => names.has(key));
