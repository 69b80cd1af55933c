import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import { setPreset } from '../../http/preset-headers.ts';

const READS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses writes that a browser sends for another website without CORS, such as a form that resets the sandbox: such a
 * website only guesses that there is a sandbox. Scripts that use CORS may write from any origin (S-15).
 */
export const refuseWebsites: RequestHandler = ({ method, headers }, response, next) => {
  if (READS.includes(method) || !isFromWebsite(headers)) return next();
  setPreset(response);
  // Not `json`, which adds an ETag that the contract does not have.
  response.set('Cache-Control', 'no-store').status(403).type('json').end(JSON.stringify(REFUSAL));
};

const REFUSAL = {
  error: 'forbidden',
  message: 'A website can write to the control API only through CORS, with JSON or YAML',
};

/** Browsers that do not send the metadata of a fetch send an origin, and forms and beacons have types of their own. */
function isFromWebsite(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-site': site, 'content-type': type, host, origin } = headers;
  if (mode === 'navigate') return true;
  if (mode === 'no-cors') return site !== 'same-origin';
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  return !isOwn && type !== undefined && !/[/+](json|yaml)\b/i.test(type);
}
