/** The first of the two scripts of the search: the field in the header of every page, and `qiyueSearch`. */
import type { Entry, SearchOptions } from './engine.ts';

declare global {
  /** Finds operations and what belongs to them. Addresses are absolute. */
  var qiyueSearch: (
    query: string,
    options?: SearchOptions,
  ) => Promise<Pick<Entry, 'kind' | 'api' | 'operation' | 'title' | 'url'>[]>;
}

const texts = {
  zh: {
    kinds: {
      api: '接口',
      operation: '操作',
      parameter: '参数',
      field: '字段',
      error: '错误',
      reading: '解读',
      guide: '指南',
    },
    found: (count: number) => (count === 0 ? '没有找到' : `找到 ${count} 项`),
  },
  en: {
    kinds: {
      api: 'API',
      operation: 'Operation',
      parameter: 'Parameter',
      field: 'Field',
      error: 'Error',
      reading: 'Reading',
      guide: 'Guide',
    },
    found: (count: number) => (count === 0 ? 'Nothing found' : `${count} found`),
  },
} satisfies Record<string, { kinds: Record<Entry['kind'], string>; found: (count: number) => string }>;
const text = document.documentElement.lang === 'en' ? texts.en : texts.zh;

const MAX_OPTIONS = 12;

const { root = '', search = '', api: near } = document.currentScript?.dataset ?? {};
const rootUrl = new URL(root, location.href);

let loading: Promise<void> | undefined;

/** A script and no module, because a page that was opened from a file may not load those. */
function load(): Promise<void> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL(search, rootUrl).href;
    script.onload = () => resolve();
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error(`${script.src} cannot be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}

async function find(query: string, options?: SearchOptions): Promise<Entry[]> {
  await load();
  return globalThis.qiyueIndex(query, options).map((entry) => ({ ...entry, url: addressOf(entry.url) }));
}

globalThis.qiyueSearch = async (query, options) =>
  (await find(query, options)).map(({ kind, api, operation, title, url }) => ({ kind, api, operation, title, url }));

/** A file has its whole name. Over HTTP a folder has none, and the address of this page stays as it is. */
function addressOf(path: string): string {
  const url = new URL(path, rootUrl);
  if (location.protocol === 'file:') return url.href;
  url.pathname = url.pathname.replace(/index\.html$/, '');
  if (url.pathname === location.pathname.replace(/index\.html$/, '')) url.pathname = location.pathname;
  return url.href;
}

const input = document.querySelector<HTMLInputElement>('[role=combobox]');
const list = document.querySelector<HTMLElement>('[role=listbox]');
const status = document.querySelector<HTMLElement>('.search [role=status]');
if (input && list && status) connect(input, list, status);

function connect(input: HTMLInputElement, list: HTMLElement, status: HTMLElement): void {
  let active = -1;

  function show(isShown: boolean): void {
    list.hidden = !isShown;
    input.ariaExpanded = String(isShown);
    if (!isShown) activate(-1);
  }

  function activate(index: number): void {
    active = index;
    for (const [place, option] of [...list.children].entries()) {
      option.ariaSelected = String(place === index);
      if (place === index) option.scrollIntoView({ block: 'nearest' });
    }
    const id = list.children[index]?.id;
    if (id === undefined) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', id);
  }

  async function update(): Promise<void> {
    const query = input.value.trim();
    if (query === '') return show(false);
    const found = await find(query, { limit: MAX_OPTIONS, near });
    // The reader may have typed on.
    if (query !== input.value.trim() || document.activeElement !== input) return;
    list.replaceChildren(...found.map(toOption));
    status.textContent = text.found(found.length);
    show(found.length > 0);
    activate(-1);
  }

  function move(step: number): void {
    const { length } = list.children;
    if (length > 0) activate((Math.max(active, step > 0 ? -1 : 0) + step + length) % length);
  }

  const search = () =>
    void update().catch((error: Error) => {
      status.textContent = error.message;
    });

  const focus = () => {
    input.focus();
    input.select();
    search();
  };

  input.addEventListener('input', search);
  input.addEventListener('focus', () => {
    void load().catch(() => {});
    search();
  });
  input.addEventListener('blur', ({ relatedTarget }) => {
    if (!list.contains(relatedTarget as Node | null)) show(false);
  });
  // A press on an option must not take the focus before its click.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', () => {
    show(false);
    input.blur();
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') move(event.key === 'ArrowDown' ? 1 : -1);
    else if (event.key === 'Escape') show(false);
    else if (event.key === 'Enter') (list.children[Math.max(active, 0)] as HTMLElement | undefined)?.click();
    else return;
    event.preventDefault();
  });

  // In the capturing phase, so that Redoc's own search stays closed.
  addEventListener(
    'keydown',
    (event) => {
      const isTyping = (event.target as Element).closest?.('input, textarea, select, [contenteditable=true]');
      const isSlash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping;
      if (!isSlash && !(event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey))) return;
      event.preventDefault();
      event.stopPropagation();
      focus();
    },
    true,
  );
  addEventListener(
    'click',
    (event) => {
      if (!(event.target as Element).closest('[data-testid=search-trigger]')) return;
      event.preventDefault();
      event.stopPropagation();
      focus();
    },
    true,
  );
}

function toOption({ kind, api, title, text: details = '', url }: Entry, index: number): HTMLElement {
  const option = document.createElement('a');
  option.role = 'option';
  option.id = `found-${index}`;
  option.tabIndex = -1;
  option.href = url;
  option.append(element('b', plain(title)), element('small', `${text.kinds[kind]} · ${api}`));
  if (details) option.append(element('span', plain(details).slice(0, 120)));
  return option;
}

function element(name: string, content: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

/** Without the signs of Markdown. */
const plain = (markdown: string) =>
  markdown
    .replaceAll(/[`*#|]|\]\([^)]*\)|\[/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
