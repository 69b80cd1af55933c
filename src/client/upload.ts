export interface SendProgress {
  /** How many bytes of the form were sent. */
  loaded: number;
  /** Bytes of the whole form. */
  total: number;
}

export interface FormToSend {
  headers: Headers;
  form: FormData;
  fetch: typeof globalThis.fetch;
  onProgress?: ((progress: SendProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Posts a form. In browsers XMLHttpRequest reports the progress, which `fetch` cannot; elsewhere it is reported once, at
 * the end.
 */
export async function sendForm(
  url: string,
  { headers, form, fetch, onProgress, signal }: FormToSend,
): Promise<Response> {
  if (onProgress && globalThis.XMLHttpRequest) return postWithProgress(url, { headers, form, onProgress, signal });
  const response = await fetch(url, { method: 'POST', headers, body: form, signal: signal ?? null });
  if (onProgress) {
    const total = [...form.values()].reduce((sum, value) => sum + (typeof value === 'string' ? 0 : value.size), 0);
    onProgress({ loaded: total, total });
  }
  return response;
}

type WithProgress = Omit<FormToSend, 'fetch'> & Required<Pick<FormToSend, 'onProgress'>>;

/** Like `fetch`: rejects with a TypeError when there is no response, and with the signal's reason when aborted. */
function postWithProgress(url: string, { headers, form, onProgress, signal }: WithProgress): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal?.addEventListener('abort', abort);
    request.open('POST', url);
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.({ loaded, total });
    request.onload = () => resolve(answerOf(request));
    request.onerror = () => reject(new TypeError('The upload got no answer'));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    request.send(form);
  });
}

function answerOf(request: XMLHttpRequest): Response {
  const lines = request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/);
  const headers = lines.filter(Boolean).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  // These may have no body, not even an empty one.
  const body = [204, 205, 304].includes(request.status) ? null : request.responseText;
  return new Response(body, { status: request.status, headers });
}
