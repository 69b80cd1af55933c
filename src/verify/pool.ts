import type { Fields } from './credentials.ts';
import type { Operation } from './operations.ts';

/** A name of something that refers to a resource, such as `todo_id`, `app_uuid` or `gid`. */
const isReference = (name: string): boolean => /(^|_)(id|uuid|guid|fid)$|^(uid|gid|mid)$/.test(name);

/** Ids that the server has answered, by the name of the parameter or field that takes them. */
export class Pool {
  readonly #found = new Map<string, unknown[]>();
  readonly #created = new Map<string, unknown[]>();

  /** Keeps the ids in the answer of an operation. Those that this run has created come first. */
  learn({ path, method, extensions }: Operation, body: unknown): void {
    const isCreation = method === 'POST' && extensions['x-safe'] !== true;
    const noun = nounOf(path);
    const visit = (value: unknown, depth: number): void => {
      if (Array.isArray(value)) for (const one of value.slice(0, MAX_ITEMS)) visit(one, depth + 1);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      const { id, uuid, type } = value as Fields;
      const kind = typeof type === 'string' && typeof id === 'string' ? singular(type) : noun;
      if (isScalar(id)) this.#keep(`${kind}_id`, id, isCreation && depth <= 1);
      if (isScalar(uuid)) this.#keep(`${kind}_uuid`, uuid, isCreation && depth <= 1);
      for (const [key, one] of Object.entries(value)) {
        if (isScalar(one) && isReference(key) && key !== 'id' && key !== 'uuid')
          this.#keep(key, one, isCreation && depth <= 1);
        else visit(one, depth + 1);
      }
    };
    visit(body, 0);
  }

  #keep(name: string, value: unknown, isCreated: boolean): void {
    const map = isCreated ? this.#created : this.#found;
    const values = map.get(name) ?? [];
    if (!values.includes(value) && values.length < MAX_ITEMS) map.set(name, [...values, value]);
  }

  /** Values for a parameter or field, the best first. Empty for names that refer to nothing. */
  valuesFor(name: string, { createdOnly = false }: { createdOnly?: boolean } = {}): unknown[] {
    if (!isReference(name)) return [];
    const names = [name, ...(aliases[name] ?? [])];
    const created = names.flatMap((one) => this.#created.get(one) ?? []).toReversed();
    return createdOnly ? created : [...created, ...names.flatMap((one) => this.#found.get(one) ?? [])];
  }
}

const MAX_ITEMS = 5;

const aliases: Readonly<Record<string, string[]>> = { gid: ['group_id'], mid: ['uid'] };

const isScalar = (value: unknown) => (typeof value === 'string' && value !== '') || typeof value === 'number';

/** `/api/v1/projects/{project_id}/todolists` → `todolist`. */
function nounOf(path: string): string {
  const last = path.split('/').findLast((segment) => segment !== '' && !segment.startsWith('{')) ?? '';
  return singular(last);
}

const singular = (plural: string): string => plural.replaceAll('-', '_').replace(/ies$/, 'y').replace(/s$/, '');
