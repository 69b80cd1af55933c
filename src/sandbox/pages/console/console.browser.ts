/**
 * The console in a browser. It gets each part as HTML from the server again when the sandbox has news, so that everything
 * becomes HTML in one place, and sends the calls of the buttons.
 */

/** Several events are shown together. */
const REFRESH_MS = 250;
const RECONNECT_MS = 3000;
const SURE_MS = 3000;
const DONE_MS = 1500;

const language = document.documentElement.lang;
const find = <T extends HTMLElement>(selector: string, root: ParentNode = document) =>
  root.querySelector<T>(selector) as T;
const all = (selector: string, root: ParentNode = document) => [...root.querySelectorAll<HTMLElement>(selector)];

const detail = () => find<HTMLDialogElement>('#detail');
const filter = find<HTMLFormElement>('.filter');
/** The HTML of each part as the server sent it last; the page itself shows other times. */
const shown = new Map(all('[data-part]').map((part) => [part.dataset.part as string, part.innerHTML]));

/** What only works with this script. */
function enliven(root: ParentNode): void {
  for (const button of all('button[hidden]', root)) button.hidden = false;
  for (const time of all('time', root)) showTime(time as HTMLTimeElement);
}

function showTime(time: HTMLTimeElement): void {
  const date = new Date(time.dateTime);
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  const styles: Record<string, Intl.DateTimeFormatOptions> = {
    time: clock,
    date: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    clock: { year: 'numeric', month: '2-digit', day: '2-digit', ...clock },
  };
  const isOtherYear = time.dataset.style === 'date' && date.getFullYear() !== new Date().getFullYear();
  const style = { ...styles[time.dataset.style ?? 'time'], ...(isOtherYear && ({ year: 'numeric' } as const)) };
  time.textContent = date.toLocaleString(language, style);
  time.title = time.dateTime;
}

// The clock of the sandbox runs on between two changes.
let clockStart = performance.now();
setInterval(() => {
  const time = find<HTMLTimeElement>('time[data-style=clock]');
  if (time.dataset.frozen === 'true' || document.hidden) return;
  const elapsed = performance.now() - clockStart;
  clockStart += elapsed;
  time.dateTime = new Date(Date.parse(time.dateTime) + elapsed).toISOString();
  showTime(time);
}, 1000);

async function getPage(search: string): Promise<Document> {
  const response = await fetch(location.pathname + search);
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

/** Gets the page again and replaces the parts that have changed. */
async function refresh(): Promise<void> {
  const page = await getPage(searchOf());
  for (const fresh of all('[data-part]', page)) {
    const name = fresh.dataset.part as string;
    const part = document.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (part === null || shown.get(name) === fresh.innerHTML) continue;
    const isFirst = shown.get(name) === '';
    shown.set(name, fresh.innerHTML);
    if (name === 'clock-body') clockStart = performance.now();
    replace(part, fresh, isFirst);
  }
}

function replace(part: HTMLElement, fresh: HTMLElement, isFirst: boolean): void {
  const before = new Set(all('[id]', part).map(({ id }) => id));
  const armed = new Map(all('[data-armed]', part).map((button) => [keyOf(button), Number(button.dataset.armed)]));
  const focused = part.contains(document.activeElement) ? keyOf(document.activeElement as HTMLElement) : undefined;
  part.replaceChildren(...fresh.childNodes);
  enliven(part);
  for (const button of all('[data-sure]', part)) {
    const until = armed.get(keyOf(button));
    if (until !== undefined) arm(button, until);
  }
  for (const one of all('[id]', part)) if (!isFirst && !before.has(one.id)) one.classList.add('fresh');
  if (focused === undefined) return;
  const target = all('a, button', part).find((one) => keyOf(one) === focused);
  (target ?? find(`a, button, h2`, part.closest('section') as HTMLElement))?.focus({ preventScroll: true });
}

/** What stays the same of a link or a button when its part is replaced. */
const keyOf = ({ dataset, id }: HTMLElement) => dataset.open ?? (dataset.path && dataset.method + dataset.path) ?? id;

let hasNews = false;
let isRefreshing = false;
async function refreshSoon(): Promise<void> {
  hasNews = true;
  if (isRefreshing) return;
  isRefreshing = true;
  while (hasNews) {
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    hasNews = false;
    // The stream says when the server is there again.
    await refresh().catch(() => {});
  }
  isRefreshing = false;
}

/** The query of the page: the filter of the form, and the language that was chosen. */
function searchOf(request?: string): string {
  const query = new URLSearchParams([...new FormData(filter)] as [string, string][]);
  for (const [name, value] of [...query]) if (value === '') query.delete(name);
  const chosen = new URLSearchParams(location.search).get('lang');
  if (chosen !== null) query.set('lang', chosen);
  if (request !== undefined) query.set('request', request);
  return query.size === 0 ? '' : `?${query}`;
}

const note = find('.note');
function say(problem: string): void {
  (detail().open ? detail() : document.body).append(note);
  note.textContent = problem === '' ? '' : note.dataset.failed + problem;
  note.hidden = problem === '';
}

/** Calls the control API. @returns whether it succeeded; otherwise the page says why not */
async function call(method: string, path: string, body?: string): Promise<boolean> {
  say('');
  try {
    const headers = { 'Content-Type': 'application/json' };
    const url = path.startsWith('w/') ? path : `sandbox/${path}`;
    const response = await fetch(url, { method, ...(body ? { headers, body } : {}) });
    if (response.ok) return true;
    const { message } = (await response.json()) as { message?: string };
    say(message ?? String(response.status));
  } catch (error) {
    say(String(error));
  }
  return false;
}

async function press(button: HTMLElement): Promise<void> {
  const { method = '', path = '', body, sure, armed } = button.dataset;
  if (sure && armed === undefined) return arm(button, performance.now() + SURE_MS);
  await call(method, path, body);
  refreshSoon();
}

/** The next press does what the button says; `until` is a time of `performance.now()`. */
function arm(button: HTMLElement, until: number): void {
  const label = button.textContent;
  button.textContent = button.dataset.sure as string;
  button.dataset.armed = String(until);
  setTimeout(() => {
    button.textContent = label;
    delete button.dataset.armed;
  }, until - performance.now());
}

/** Pages over http from another machine may not use the clipboard; there the button selects the text. */
async function copy(button: HTMLElement): Promise<void> {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy as string);
    button.textContent = button.dataset.done as string;
    setTimeout(() => {
      button.textContent = label;
    }, DONE_MS);
  } catch {
    getSelection()?.selectAllChildren(button.previousElementSibling as HTMLElement);
  }
}

async function open(id: string): Promise<void> {
  const page = await getPage(searchOf(id));
  const fresh = find<HTMLDialogElement>('#detail', page);
  detail().replaceWith(fresh);
  history.replaceState(null, '', location.pathname + searchOf(id));
  showDetail();
}

function showDetail(): void {
  const dialog = detail();
  dialog.removeAttribute('open');
  enliven(dialog);
  dialog.addEventListener('close', () => {
    say('');
    history.replaceState(null, '', location.pathname + searchOf());
    const id = /^r\d+$/.exec(dialog.dataset.request ?? '')?.[0];
    if (id !== undefined) document.querySelector<HTMLElement>(`#${id} a`)?.focus();
  });
  dialog.showModal();
  find('h2', dialog)?.focus();
}

async function setFault(form: HTMLFormElement): Promise<void> {
  const { api, operation } = form.dataset;
  const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
  const numbers = ['status', 'times'].filter((name) => name in fields).map((name) => [name, Number(fields[name])]);
  const fault = { api, operation, ...fields, ...Object.fromEntries(numbers) };
  if (!(await call('POST', 'faults', JSON.stringify(fault)))) return;
  detail().close();
  refreshSoon();
}

document.addEventListener('click', (event) => {
  const target = (event.target as HTMLElement).closest<HTMLElement>(
    '[data-open], [data-close], [data-copy], [data-method], [hreflang]',
  );
  if (target === null) {
    // A press beside the dialog closes it.
    if (event.target === detail()) detail().close();
    return;
  }
  if (event.metaKey || event.ctrlKey) return;
  if (target instanceof HTMLAnchorElement && target.hreflang !== '') {
    const search = new URLSearchParams(searchOf(detail().open ? detail().dataset.request : undefined));
    search.set('lang', new URLSearchParams(target.search).get('lang') as string);
    target.search = String(search);
    return;
  }
  event.preventDefault();
  const { open: id, close, copy: text, method } = target.dataset;
  if (id !== undefined) void open(id);
  else if (close !== undefined) detail().close();
  else if (text !== undefined) void copy(target);
  else if (method !== undefined) void press(target);
});

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  event.preventDefault();
  if (form.matches('.fault')) void setFault(form);
});

filter.addEventListener('input', () => {
  history.replaceState(null, '', location.pathname + searchOf());
  refreshSoon();
});
find('button', filter).remove();

document.addEventListener('keydown', (event) => {
  if (detail().open || event.metaKey || event.ctrlKey || event.altKey) return;
  const isTyping = (event.target as HTMLElement).matches('input, select, textarea');
  if (event.key === '/' && !isTyping) {
    event.preventDefault();
    find('[name=q]', filter).focus();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moveFocus(event, isTyping);
});

/** The arrows go through the requests, from the field of the filter too. */
function moveFocus(event: KeyboardEvent, isTyping: boolean): void {
  const rows = all('.requests a');
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const isSearch = (event.target as HTMLElement).matches('[name=q]');
  if (at < 0 && !(isSearch && isTyping)) return;
  const next = at < 0 ? rows[0] : rows[at + (event.key === 'ArrowDown' ? 1 : -1)];
  event.preventDefault();
  if (next !== undefined) next.focus();
  else if (at === 0 && event.key === 'ArrowUp') find('[name=q]', filter).focus();
}

const live = find('.live');
function showLive(isOpen: boolean): void {
  live.dataset.state = isOpen ? 'open' : 'closed';
  live.textContent = (isOpen ? live.dataset.live : live.dataset.offline) as string;
}

function listen(): void {
  const events = new EventSource('sandbox/events');
  events.addEventListener('open', () => showLive(true));
  for (const name of ['connected', 'request', 'message', 'faults', 'worlds', 'clock', 'seed', 'token', 'cleared'])
    events.addEventListener(name, refreshSoon);
  events.addEventListener('error', () => {
    showLive(false);
    // After an answer that is none, a browser does not try again.
    if (events.readyState === EventSource.CLOSED) void listenAgain();
  });
}

/** A world that has ended does not come back. */
async function listenAgain(): Promise<void> {
  const response = await fetch('sandbox/clock').catch(() => undefined);
  if (response?.status !== 404 || !live.dataset.ended) return void setTimeout(listen, RECONNECT_MS);
  const home = document.createElement('a');
  home.href = '../../';
  home.textContent = live.dataset.ended;
  live.dataset.state = 'ended';
  live.replaceChildren(home);
}

enliven(document);
if (detail().hasAttribute('open')) showDetail();
listen();
