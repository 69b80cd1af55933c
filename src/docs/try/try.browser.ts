import { toCurl } from '../samples/curl.ts';
import type { SampleRequest } from '../samples/request.ts';
import { readAnswer, showAnswer, showNotice, showVerdict } from './answer.ts';
import type { TryOperation } from './data.ts';
import { fillFields, fillParameter, part, readInputs, showInputs } from './form.ts';
import { data } from './page-data.ts';
import { findLogged, newRequestId, send } from './send.ts';
import { createWorld, endWorld, hasEnded, keepWorld, keptWorld, type World } from './world.browser.ts';

/** The page for trying operations. The address names the operation: `#createTodo`. */

const { texts } = data;

const operationSelect = part<HTMLSelectElement>('operation');
const serverSelect = part<HTMLSelectElement>('server');
const personSelect = part<HTMLSelectElement>('person');
const credential = document.getElementById('credential') as HTMLInputElement;

const NOBODY = '-';
const OTHER = '+';

let operation = data.operations[0] as TryOperation;
/** The person whom the reader has chosen; until then each operation has one of its own. */
let chosen: string | undefined;
let underWay: AbortController | undefined;
/** The worlds of this tab by the control API. Undefined: there was none to have. */
const worlds = new Map<string, World | undefined>();
/** Only one world is made at a time. */
let entering: Promise<void> | undefined;
/** What happened to the world before. */
let hint = '';

const serverNow = () => data.servers[Number(serverSelect.value)] ?? data.servers[0];
/** Demo people exist in the sandbox. The mock takes anything. */
const hasPeople = () => data.people.length > 0 && serverNow()?.control !== undefined;
const personNow = () => (hasPeople() ? personSelect.value : OTHER);

/** The control API that makes the worlds for the server of now. */
const outsideNow = () => (serverNow()?.hasWorlds ? serverNow()?.control : undefined);

function worldNow(): World | undefined {
  const outside = outsideNow();
  if (outside === undefined) return undefined;
  return worlds.get(outside) ?? keptWorld(outside);
}

/** Where the API of the page is for this request: in the world of the tab, if it has one. */
function baseUrlNow(): string {
  const world = operation.isOutside ? undefined : worldNow();
  return world === undefined ? (serverNow()?.url ?? '') : `${world.baseUrl}/${operation.request.api}`;
}

/** The control API that knows the request of now. */
function controlNow(): string | undefined {
  const world = operation.isOutside ? undefined : worldNow();
  return world === undefined ? serverNow()?.control : `${world.baseUrl}/sandbox`;
}

/** Makes the world of this tab unless it has one. */
async function enterWorld(): Promise<void> {
  const outside = outsideNow();
  if (outside === undefined || worldNow() !== undefined) return;
  entering ??= renewWorld(outside).finally(() => {
    entering = undefined;
  });
  await entering;
}

async function renewWorld(outside: string): Promise<void> {
  setWorld(outside, await createWorld(outside).catch(() => undefined));
}

function setWorld(outside: string, world: World | undefined): void {
  worlds.set(outside, world);
  keepWorld(outside, world);
  showWorld();
}

/** The world stays as long after each request as after it was made. */
function touchWorld(): void {
  const outside = outsideNow();
  const world = worldNow();
  if (outside !== undefined && world !== undefined) setWorld(outside, { ...world, endsAt: Date.now() + world.ttlMs });
}

function showWorld(): void {
  const outside = outsideNow();
  const shown = part('world');
  shown.hidden = outside === undefined;
  if (outside === undefined) return;
  const world = worldNow();
  if (world === undefined) {
    shown.textContent = worlds.has(outside) ? texts.full : texts.willHaveWorld;
    return;
  }
  const time = new Date(world.endsAt).toLocaleTimeString(document.documentElement.lang, { timeStyle: 'short' });
  const id = Object.assign(document.createElement('code'), { textContent: world.id });
  const outbox = Object.assign(document.createElement('a'), {
    href: `${world.baseUrl}/sandbox/outbox.html`,
    textContent: texts.outbox,
  });
  const button = Object.assign(document.createElement('button'), {
    type: 'button',
    className: 'quiet',
    textContent: texts.afresh,
  });
  button.dataset.try = 'afresh';
  button.addEventListener('click', () => void startAfresh());
  const about = document.createElement('span');
  about.append(...(hint === '' ? [] : [`${hint} `]), `${texts.world} `, id, ` · ${texts.worldEnds} ${time}`);
  shown.replaceChildren(about, outbox, button);
}

/** Leaves the world for a new one. */
async function startAfresh(): Promise<void> {
  underWay?.abort();
  const outside = outsideNow();
  const world = worldNow();
  if (outside === undefined) return;
  if (world !== undefined) await endWorld(outside, world).catch(() => {});
  hint = '';
  await renewWorld(outside);
  showAnswer({ status: '–', time: '–' });
  showCurl();
}

/**
 * Puts ids that exist now into the parameters of an API without demo data; of worlds that of this tab.
 *
 * @returns false when there are none
 */
async function fillFromLists(): Promise<boolean> {
  const { parameters, isOutside } = operation;
  for (const parameter of parameters) {
    const { list } = parameter;
    if (list === undefined || serverNow()?.control === undefined) continue;
    const response = await fetch(baseUrlNow() + list.path).catch(() => undefined);
    const entries = response?.ok ? ((await response.json()) as Record<string, string>[]) : [];
    const own = isOutside ? entries.find(({ id }) => id === worldNow()?.id) : entries[0];
    if (own === undefined) return false;
    fillParameter(parameter, own[list.member] ?? '');
  }
  return true;
}

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
  serverSelect.addEventListener('change', () => {
    showWorld();
    showPerson();
  });
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
  showWorld();
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
    return readInputs(operation, baseUrlNow(), credentialHeaders());
  } catch (error) {
    part('curl').textContent = `${error}`;
    return undefined;
  }
}

function showCurl(): void {
  const request = requestNow();
  if (request !== undefined) part('curl').textContent = toCurl(request);
}

/** @param again whether the data has just been made anew, so that it is not the cause of a failure */
async function run(again = false): Promise<void> {
  underWay?.abort();
  const stop = new AbortController();
  underWay = stop;
  if (requestNow() === undefined) return showAnswer({ status: '–', time: '–', body: part('curl').textContent ?? '' });
  showAnswer({ status: texts.sending, time: '–' });
  await enterWorld();
  const hasIds = await fillFromLists();
  showCurl();
  const request = requestNow();
  if (stop !== underWay || request === undefined) return;
  const control = controlNow();
  const isOwn = new URL(request.baseUrl, location.href).origin === location.origin;
  // The log has no requests of the control API itself.
  const hasLog = control !== undefined && request.baseUrl !== control && !operation.isOutside;
  const id = hasLog && isOwn ? newRequestId() : undefined;
  part('stop').hidden = false;
  const started = performance.now();
  try {
    const response = await send(request, id, stop.signal);
    const time = `${Math.round(performance.now() - started)} ms`;
    if (response.status === 404 && !again && (await leaveEndedWorld())) return run(true);
    const logged =
      control !== undefined && id !== undefined
        ? await findLogged(control, request, id).catch(() => undefined)
        : undefined;
    if (stop !== underWay) return;
    touchWorld();
    if (response.type === 'opaqueredirect') {
      const target = logged?.location ?? '';
      showAnswer({ status: `${logged?.status ?? '3xx'}`, time, body: `${texts.redirect} ${target}` });
    } else {
      showAnswer({ status: `${response.status} ${response.statusText}`.trim(), time });
      if (response.status >= 400 && !hasIds) showMaker();
      else if (response.status >= 400 && control !== undefined && !again) offerReset(control);
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

/** Whether the request failed because its world had ended. The tab then has a new one. */
async function leaveEndedWorld(): Promise<boolean> {
  const outside = outsideNow();
  const world = worldNow();
  if (outside === undefined || world === undefined || operation.isOutside) return false;
  if (!(await hasEnded(outside, world).catch(() => false))) return false;
  hint = texts.ended;
  await renewWorld(outside);
  return true;
}

/** After a failure: in a world of its own the tab starts afresh, elsewhere the demo data of everyone is reset. */
function offerReset(control: string): void {
  const isOwn = worldNow() !== undefined;
  const button = Object.assign(document.createElement('button'), {
    type: 'button',
    className: 'quiet',
    textContent: isOwn ? texts.afresh : texts.reset,
  });
  button.dataset.try = 'reset';
  button.addEventListener('click', async () => {
    if (isOwn) await startAfresh();
    else await fetch(`${control}/reset`, { method: 'POST' });
    void run(true);
  });
  showNotice(`${isOwn ? texts.changedHere : texts.changed} `, button);
}

/** Leads to the operation that makes what this one is about. */
function showMaker(): void {
  const { maker } = operation.parameters.find(({ list }) => list !== undefined)?.list ?? {};
  const links = maker
    ? [Object.assign(document.createElement('a'), { href: `#${maker.operationId}`, textContent: maker.summary })]
    : [];
  showNotice(`${texts.none} `, ...links);
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
