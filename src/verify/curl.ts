import { isUtf8 } from 'node:buffer';
import type { Wire } from './exchange.ts';

/** A shell command that sends a request again, without its secrets. */
export function toCurl(base: string, { method, target, headers, body }: Wire): string {
  const bytes = Buffer.from(body ?? '');
  const isText = isUtf8(bytes) && !bytes.includes(0);
  const data = body === undefined ? [] : isText ? [`--data-raw ${quote(bytes.toString())}`] : ['--data-binary @-'];
  const parts = [
    `curl${method === 'GET' ? '' : method === 'HEAD' ? ' -I' : ` -X ${method}`}`,
    quote(base.replace(/\/$/, '') + target),
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...(body !== undefined && !hasType(headers) ? ["-H 'Content-Type:'"] : []),
    ...data,
  ];
  const command = parts.join(' ');
  return isText ? command : `printf %s ${quote(bytes.toString('base64'))} | base64 -d | ${command}`;
}

const hasType = (headers: Record<string, string>) =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');

/** For a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
