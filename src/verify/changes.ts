import { type Exchange, toWire, type Wire } from './exchange.ts';
import type { Operation } from './operations.ts';

/** Changes a request. Changed fields replace the body. */
export type Change = (
  wire: Wire,
  fields: Record<string, unknown> | undefined,
) => { wire: Wire; fields?: Record<string, unknown> | undefined };

/** A valid request with some changes, encoded. */
export function changed(operation: Operation, exchange: Exchange, chosen: readonly Change[]): Wire {
  const original = (exchange.form ?? exchange.json) as Record<string, unknown> | undefined;
  let wire = toWire(operation, exchange);
  let fields = original;
  for (const change of chosen) ({ wire, fields } = { fields, ...change(wire, fields) });
  if (fields !== original && fields !== undefined)
    wire = { ...wire, body: exchange.form === undefined ? JSON.stringify(fields) : encodeForm(fields) };
  return {
    ...wire,
    headers: Object.fromEntries(Object.entries(wire.headers).filter(([, value]) => isHeaderValue(value))),
  };
}

export const addQuery =
  (name: string, value: string): Change =>
  (wire) => ({ wire: { ...wire, target: `${wire.target}${wire.target.includes('?') ? '&' : '?'}${name}=${value}` } });
export const setHeader =
  (name: string, value: string): Change =>
  (wire) => ({ wire: { ...wire, headers: { ...wire.headers, [name]: value } } });
export const setBody =
  (body: string | Uint8Array): Change =>
  (wire) => ({ wire: { ...wire, body }, fields: undefined });
export const setField =
  (name: string, value: unknown): Change =>
  (wire, before = {}) => {
    // A list stays a list for small indexes only: Node cannot encode a list of a billion items.
    const isIndex = Array.isArray(before) && /^\d{1,2}$/.test(name);
    const fields = Object.assign(isIndex ? [...before] : { ...before }, { [name]: value }) as Record<string, unknown>;
    return { wire, fields };
  };
export const dropField =
  (name: string): Change =>
  (wire, before = {}) => ({ wire, fields: Object.fromEntries(Object.entries(before).filter(([key]) => key !== name)) });
export const replaceParameters =
  ({ path }: Operation, value: string): Change =>
  (wire) => {
    const segments = path.split('/');
    const [place = '', search] = wire.target.split('?', 2);
    const replaced = place
      .split('/')
      .map((segment, index) => (segments[index]?.startsWith('{') ? value : segment))
      .join('/');
    return { wire: { ...wire, target: search === undefined ? replaced : `${replaced}?${search}` } };
  };

const encodeForm = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${encode(name)}=${encode(asText(one))}`),
    )
    .join('&');
export const encode = (text: string) => encodeURIComponent(text.toWellFormed());
/** Short enough for a URL; Node rejects longer ones before the API sees them. */
export const short = (text: string) => encode(text.slice(0, 1_000));
// Node cannot send others.
const isHeaderValue = (value: string) => value.length < 2_000 && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

export const asText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
