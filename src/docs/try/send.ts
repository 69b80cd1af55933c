import { headersOf, type SampleFile, type SampleRequest, urlOf } from '../samples/request.ts';
import { chosenFile } from './form.ts';

/** What the sandbox's log says of a request. */
export interface Logged {
  status: number | null;
  verdict: { response: { valid: boolean; message?: string } | null };
  location: string | undefined;
}

/** The id by which the log of the sandbox finds the request again. */
export const newRequestId = (): string =>
  `try-${Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

/** Sends a request. Redirects are not followed: a browser shows only that there was one. */
export async function send(request: SampleRequest, id: string | undefined, signal: AbortSignal): Promise<Response> {
  const { Cookie, ...headers } = headersOf(request);
  const { pathname } = new URL(urlOf(request), location.href);
  const cookie = Cookie?.split('=') as [string, string] | undefined;
  // A page cannot set the header, but the cookie. At this very path it comes before that of a sign-in.
  // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
  if (cookie) document.cookie = `${cookie[0]}=${cookie[1]}; path=${pathname}; samesite=lax`;
  try {
    return await fetch(urlOf(request), {
      method: request.method,
      headers: { ...headers, ...(id !== undefined && { 'X-Request-Id': id }) },
      credentials: cookie ? 'same-origin' : 'omit',
      redirect: 'manual',
      cache: 'no-store',
      signal,
      ...bodyOf(request),
    });
  } finally {
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
    if (cookie) document.cookie = `${cookie[0]}=; path=${pathname}; max-age=0`;
  }
}

function bodyOf({ body }: SampleRequest): { body?: BodyInit } {
  switch (body?.kind) {
    case 'json':
      return { body: JSON.stringify(body.value) };
    case 'form':
      return { body: new URLSearchParams(body.fields) };
    case 'multipart': {
      const form = new FormData();
      for (const [index, [name, value]] of body.fields.entries())
        form.append(name, typeof value === 'string' ? value : (chosenFile(`field.${index}`) ?? toFile(value)));
      return { body: form };
    }
    case 'bytes':
      return { body: chosenFile('file') ?? toFile(body.file) };
    default:
      return {};
  }
}

function toFile({ name, type, text = '', base64 }: SampleFile): File {
  const content = base64 === undefined ? text : Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
  return new File([content], name, { type });
}

/** Finds a request in the log of the sandbox. Undefined when the sandbox keeps no log, or the request is not in it. */
export async function findLogged(
  control: string,
  { api, operationId }: SampleRequest,
  id: string,
): Promise<Logged | undefined> {
  interface Summary extends Omit<Logged, 'location'> {
    id: string;
    request_id: string;
  }
  const get = async <T>(path: string) => (await (await fetch(control + path)).json()) as T;
  // The log has a request when its answer begins.
  for (let tries = 0; tries < 5; tries += 1) {
    const list = await get<Summary[]>(`/requests?api=${api}&operation=${operationId}&limit=50`);
    const found = list.find(({ request_id }) => request_id === id);
    if (found !== undefined) {
      const whole = await get<{ response: { headers: Record<string, string> } }>(`/requests/${found.id}`);
      return { ...found, location: whole.response.headers.location };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
