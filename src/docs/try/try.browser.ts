import { toCurl } from '../samples/curl.ts';
import type { SampleRequest } from '../samples/request.ts';
import type { TryData, TryOperation } from './data.ts';
import { fillFields, part, readInputs, showInputs } from './form.ts';
import { findLogged, newRequestId, send } from './send.ts';

/** The page for trying operations. The address names the operation: `#createTodo`. */

const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as TryData;
const { texts } = data;

const operationSelect = part<HTMLSelectElement>('operation');
const serverSelect = part<HTMLSelectElement>('server');
const personSelect = part<HTMLSelectElement>('person');
const credential = document.getElementById('credential') as HTMLInputElement;
const answer = part<HTMLPreElement>('answer');

const NOBODY = '-';
const OTHER = '+';

let operation = data.operations[0] as TryOperation;
/** The person whom the reader has chosen; until then each operation has one of its own. */
let chosen: string | undefined;
let underWay: AbortController | undefined;

const serverNow = () => data.servers[Number(serverSelect.value)] ?? data.servers[0];
/** Demo people exist in the sandbox. The mock takes anything. */
const hasPeople = () => data.people.length > 0 && serverNow()?.control !== undefined;
const personNow = () => (hasPeople() ? personSelect.value : OTHER);

function start(): void {
  const groups = new Map<string, HTMLOptGroupElement>();
  for (const { tag, summary, request } of data.operations) {
    const group = groups.get(tag) ?? Object.assign(document.createElement('optgroup'), { label: tag });
    groups.set(tag, group);
    group.append(new Option(`${summary} (${request.operationId})`, request.operationId));
  }
  operationSelect.append(...groups.values());
  serverSelect.append(...data.servers.map(({ label, url }, index) => new Option(`${label} ${url}`, `${index}`)));
  personSelect.append(
    ...data.people.map(({ key, label }) => new Option(label, key)),
    new Option(texts.nobody, NOBODY),
    new Option(texts.other, OTHER),
  );

  operationSelect.addEventListener('change', () => {
    location.hash = operationSelect.value;
  });
  addEventListener('hashchange', showOperation);
  serverSelect.addEventListener('change', showPerson);
  personSelect.addEventListener('change', () => {
    chosen = personSelect.value;
    showPerson();
  });
  part('form').addEventListener('input', showCurl);
  part('form').addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  part('stop').addEventListener('click', () => underWay?.abort());
  part('copy').addEventListener('click', copyCurl);
  showOperation();
}

function showOperation(): void {
  underWay?.abort();
  // Names of operations have only letters, so the address needs no decoding.
  const id = location.hash.slice(1);
  operation = data.operations.find(({ request }) => request.operationId === id) ?? operation;
  const { request, summary, tag, caller } = operation;
  operationSelect.value = request.operationId;
  document.title = `${summary} · ${texts.title}`;
  part('request').textContent = `${request.method} ${request.path}`;
  const reference = document.querySelector('[data-link=reference]') as HTMLAnchorElement;
  reference.href = `../index.html#/${tag}/${request.operationId}`.toLowerCase();
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a[lang]')) link.hash = request.operationId;
  showInputs(operation, texts);
  personSelect.value = chosen ?? caller ?? OTHER;
  showPerson();
  showAnswer({ status: '–', time: '–' });
}

function showPerson(): void {
  const { scheme, people } = operation;
  part('people').hidden = !hasPeople();
  const isOther = personNow() === OTHER && scheme !== undefined;
  part('credentials').hidden = !isOther;
  const label = document.querySelector('label[for=credential]') as HTMLLabelElement;
  label.textContent = scheme?.prefix === 'Basic ' ? texts.basic : `${texts.token} (${scheme?.label ?? ''})`;
  fillFields(operation, people[personNow()] ?? { fields: {} });
  showCurl();
}

function credentialHeaders(): Record<string, string> {
  const person = personNow();
  if (person === NOBODY) return {};
  if (person !== OTHER) return operation.people[person]?.headers ?? {};
  const { scheme } = operation;
  const text = credential.value.trim();
  if (scheme === undefined || text === '') return {};
  return { Authorization: `${scheme.prefix}${scheme.prefix === 'Basic ' ? encode(text) : text}` };
}

const encode = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** The request as it is now; undefined while its body is no JSON. */
function requestNow(): SampleRequest | undefined {
  try {
    return readInputs(operation, serverNow()?.url ?? '', credentialHeaders());
  } catch (error) {
    part('curl').textContent = `${error}`;
    return undefined;
  }
}

function showCurl(): void {
  const request = requestNow();
  if (request !== undefined) part('curl').textContent = toCurl(request);
}

/** @param afterReset whether the demo data has just been reset, so that it is not the cause of a failure */
async function run(afterReset = false): Promise<void> {
  underWay?.abort();
  const request = requestNow();
  if (request === undefined) return showAnswer({ status: '–', time: '–', body: part('curl').textContent ?? '' });
  const control = serverNow()?.control;
  const isOwn = new URL(request.baseUrl, location.href).origin === location.origin;
  const id = control !== undefined && isOwn ? newRequestId() : undefined;
  const stop = new AbortController();
  underWay = stop;
  showAnswer({ status: texts.sending, time: '–' });
  part('stop').hidden = false;
  const started = performance.now();
  try {
    const response = await send(request, id, stop.signal);
    const time = `${Math.round(performance.now() - started)} ms`;
    const logged =
      control !== undefined && id !== undefined
        ? await findLogged(control, request, id).catch(() => undefined)
        : undefined;
    if (stop !== underWay) return;
    if (response.type === 'opaqueredirect') {
      const target = logged?.location ?? '';
      showAnswer({ status: `${logged?.status ?? '3xx'}`, time, body: `${texts.redirect} ${target}` });
    } else {
      showAnswer({ status: `${response.status} ${response.statusText}`.trim(), time });
      if (response.status >= 400 && control !== undefined && !afterReset) offerReset(control);
    }
    showVerdict(logged?.verdict.response);
    if (response.type !== 'opaqueredirect') await readAnswer(response, () => stop === underWay);
  } catch (error) {
    if (stop !== underWay) return;
    if (!stop.signal.aborted) showAnswer({ status: '–', time: '–', body: `${texts.failed}${error}` });
  } finally {
    if (stop === underWay) part('stop').hidden = true;
  }
}

function showVerdict(verdict: { valid: boolean; message?: string } | null | undefined): void {
  const shown = part('verdict');
  if (verdict === null || verdict === undefined) {
    shown.textContent = texts.unknown;
    return;
  }
  shown.dataset.verdict = verdict.valid ? 'ok' : 'broken';
  shown.textContent = verdict.valid ? texts.ok : `${texts.broken}: ${verdict.message ?? ''}`;
}

function showAnswer({ status, time, body = '' }: { status: string; time: string; body?: string }): void {
  part('status').textContent = status;
  part('time').textContent = time;
  answer.textContent = body;
  const verdict = part('verdict');
  delete verdict.dataset.verdict;
  verdict.textContent = '–';
  part('notice').hidden = true;
  part('stop').hidden = true;
}

/** Shows the body: a stream as it arrives, JSON with line breaks, pictures, and how long other files are. */
async function readAnswer(response: Response, isCurrent: () => boolean): Promise<void> {
  const type = response.headers.get('Content-Type')?.split(';', 1)[0] ?? '';
  if (type === 'text/event-stream' && response.body !== null) {
    part('stop').hidden = false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done && isCurrent(); read = await reader.read())
      answer.append(read.value);
    return;
  }
  if (type.startsWith('image/')) {
    const picture = new Image();
    picture.src = URL.createObjectURL(await response.blob());
    picture.alt = type;
    return answer.replaceChildren(picture);
  }
  if (type !== '' && !/json|text|xml|yaml/.test(type)) {
    const { size } = await response.blob();
    answer.textContent = `${type}, ${size} ${texts.bytes}`;
    return;
  }
  const text = await response.text();
  if (isCurrent()) answer.textContent = text === '' ? texts.empty : pretty(text);
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function offerReset(control: string): void {
  const notice = part('notice');
  const button = Object.assign(document.createElement('button'), {
    type: 'button',
    className: 'quiet',
    textContent: texts.reset,
  });
  button.dataset.try = 'reset';
  button.addEventListener('click', async () => {
    await fetch(`${control}/reset`, { method: 'POST' });
    void run(true);
  });
  notice.replaceChildren(`${texts.changed} `, button);
  notice.hidden = false;
}

async function copyCurl(): Promise<void> {
  const button = part<HTMLButtonElement>('copy');
  try {
    await navigator.clipboard.writeText(part('curl').textContent ?? '');
    button.textContent = texts.copied;
    setTimeout(() => {
      button.textContent = texts.curl;
    }, 1500);
  } catch {
    // Pages over http from another machine may not use the clipboard.
    getSelection()?.selectAllChildren(part('curl'));
  }
}

start();
