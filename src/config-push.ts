import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The credentials of push services. They stand in files, which the URLs of the configuration name. */

/** A token key of Apple's Push Notification service. */
export interface ApnsCredentials {
  /** Without a path. */
  origin: string;
  keyId: string;
  teamId: string;
  /** The bundle id of the app, unless a push has another one. */
  topic: string;
  key: KeyObject;
}

/** A service account of Firebase Cloud Messaging. */
export interface FcmCredentials {
  /** Without a path. */
  origin: string;
  projectId: string;
  clientEmail: string;
  tokenUri: string;
  key: KeyObject;
}

/**
 * Reads `https://<key id>:<team id>@api.push.apple.com?topic=<bundle id>&key=<file>.p8`.
 *
 * @throws Error without secrets
 */
export function readApnsUrl(value: string): ApnsCredentials {
  const form = 'https://<key id>:<team id>@api.push.apple.com?topic=<bundle id>&key=<file>';
  const url = readUrl(value, form);
  const topic = url.searchParams.get('topic') ?? '';
  const file = url.searchParams.get('key') ?? '';
  if ([url.username, url.password, topic, file].includes('')) throw new Error(`expected ${form}`);
  const key = readKey(readText(file), file, 'ec');
  return { origin: url.origin, keyId: url.username, teamId: url.password, topic, key };
}

/**
 * Reads `https://fcm.googleapis.com?account=<file>.json`.
 *
 * @throws Error without secrets
 */
export function readFcmUrl(value: string): FcmCredentials {
  const form = 'https://fcm.googleapis.com?account=<file>';
  const url = readUrl(value, form);
  const file = url.searchParams.get('account') ?? '';
  if (file === '') throw new Error(`expected ${form}`);
  const account = readAccount(file);
  return {
    origin: url.origin,
    projectId: account.project_id,
    clientEmail: account.client_email,
    tokenUri: account.token_uri,
    key: readKey(account.private_key, file, 'rsa'),
  };
}

function readUrl(value: string, form: string): URL {
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new Error(`expected ${form}`);
  return new URL(value);
}

const accountFields = ['project_id', 'client_email', 'private_key', 'token_uri'] as const;

function readAccount(file: string): Record<(typeof accountFields)[number], string> {
  let account: Record<string, unknown>;
  try {
    account = JSON.parse(readText(file));
  } catch (error) {
    throw error instanceof SyntaxError ? new Error(`${file} is not JSON`) : error;
  }
  const missing = accountFields.filter((field) => typeof account[field] !== 'string');
  if (missing.length > 0) throw new Error(`${file} lacks ${missing.join(', ')}`);
  return account as Record<(typeof accountFields)[number], string>;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${file} (${(error as { code?: string }).code})`);
  }
}

function readKey(text: string, file: string, type: 'ec' | 'rsa'): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(text);
  } catch {}
  if (key?.asymmetricKeyType !== type) throw new Error(`${file} has no private ${type.toUpperCase()} key`);
  return key;
}
