import type { ServerResponse } from 'node:http';

const presetKey = Symbol('preset');
type Preset = ServerResponse & { [presetKey]?: string[] };

/**
 * Adds headers, names and values in turn, to those that the response gets unless it has its own. They wait until the head
 * is written: to set each header and then to write them takes Node twice as long.
 */
export function presetHeaders(response: ServerResponse, headers: readonly string[]): void {
  const preset = response as Preset;
  if (preset[presetKey] === undefined) preset[presetKey] = [...headers];
  else preset[presetKey].push(...headers);
}

/** The headers that wait, as a new list. */
export const presetOf = (response: ServerResponse): string[] => [...((response as Preset)[presetKey] ?? [])];

/** Sets the headers that wait, for responses that Express writes. */
export function setPreset(response: ServerResponse): void {
  const headers = presetOf(response);
  for (let index = 0; index < headers.length; index += 2)
    response.setHeader(headers[index] as string, headers[index + 1] as string);
  (response as Preset)[presetKey] = [];
}
