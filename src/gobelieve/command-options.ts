import type { Database } from '../database/open.ts';
import { hasApp } from './model/apps.ts';

/** Options that several commands have, and their values. */

export const app = { description: 'appid of the app', required: true } as const;
export const onlyApp = { description: 'appid of the app (default: the only app)' } as const;
export const uid = { description: 'uid of the user', required: true } as const;

/** @throws Error for an unknown app, and without a value unless there is exactly one app */
export async function toAppid(database: Database, value: string | undefined, option = 'app'): Promise<number> {
  if (value !== undefined) {
    const appid = toNumber(option, value);
    if (!(await hasApp(database, appid))) throw new Error(`There is no app ${appid}`);
    return appid;
  }
  const [only, another] = await database.selectFrom('gobelieve_apps').select('id').limit(2).execute();
  if (only === undefined) throw new Error('There is no app');
  if (another !== undefined) throw new Error('There are several apps: give --app');
  return only.id;
}

/** @throws Error unless the value is a whole number from 1 */
export function toNumber(option: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${option} must be a whole number from 1`);
  return number;
}

/** @throws Error for other values than 1 and 0 */
export function toSwitch(option: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value !== '0' && value !== '1') throw new Error(`--${option} must be 1 or 0`);
  return value === '1';
}
