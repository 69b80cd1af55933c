import { createPpmessageClient } from '../../client/index.ts';
import {
  apiUrl,
  type Line,
  onSend,
  readHistory,
  registerDevice,
  sendFile,
  sendMessage,
  showLines,
  type Talker,
  type Wire,
} from './conversation.browser.ts';
import type { CustomerPageData } from './page-data.ts';

/** The chat of a customer on the page of a shop. */

const root = document.querySelector('.shop') as HTMLElement;
const { key, texts } = JSON.parse(root.dataset.page as string) as CustomerPageData;
const find = <T extends HTMLElement>(selector: string) => root.querySelector(selector) as T;
const bubble = find<HTMLButtonElement>('.bubble');
const widget = find('.widget');
const list = find('.messages');
const form = find<HTMLFormElement>('form');
const TRACE = 'ppmessage-trace';

let lines: Line[] = [];
let unread = 0;
let session: Promise<Talker & { conversation: string }> | undefined;

/** Signs the visitor in: the same browser is the same customer. */
async function start(): Promise<Talker & { conversation: string }> {
  const client = createPpmessageClient({ baseUrl: apiUrl, ...key });
  const { app_uuid: appUuid } = await client.requestKeyToken();
  const trace = localStorage.getItem(TRACE) ?? crypto.randomUUID();
  localStorage.setItem(TRACE, trace);
  const { user_uuid: userUuid } = await client.call('PP_CREATE_ANONYMOUS', { ppcom_trace_uuid: trace });
  const deviceUuid = await registerDevice(client, userUuid, trace);
  const { uuid: conversation } = await client.call('PP_CREATE_CONVERSATION', {
    user_uuid: userUuid,
    conversation_type: 'P2S',
  });
  const talker = { client, appUuid, userUuid, deviceUuid, conversation };
  // The server knows the visitor no longer, as after a reset of the sandbox: the next message signs in again.
  void follow(talker).catch(() => {
    session = undefined;
  });
  lines = await readHistory(client, conversation);
  render(userUuid);
  return talker;
}

async function follow({ client, userUuid, deviceUuid }: Talker): Promise<void> {
  for await (const { data } of client.events({ userUuid, deviceUuid })) {
    keep({ message: data, name: data.from_user?.user_fullname ?? '' }, userUuid);
    if (widget.hidden) {
      unread += 1;
      showBubble();
    }
    await client.call('ACK_MESSAGE', { list: [data.pid] });
  }
}

/** A message may be in the history and in the stream. */
function keep(line: Line, userUuid: string): void {
  if (lines.some(({ message }) => message.id === line.message.id)) return;
  lines.push(line);
  render(userUuid);
}

const render = (userUuid: string) => showLines(list, lines, userUuid, texts);

function showBubble(): void {
  bubble.textContent = unread > 0 ? `${texts.open} (${unread})` : texts.open;
  bubble.setAttribute('aria-label', unread > 0 ? `${texts.open}: ${unread} ${texts.unread}` : texts.open);
  bubble.setAttribute('aria-expanded', String(!widget.hidden));
}

function toggle(isOpen: boolean): void {
  widget.hidden = !isOpen;
  if (isOpen) {
    unread = 0;
    session ??= start();
    (form.elements.namedItem('text') as HTMLInputElement).focus();
  } else bubble.focus();
  showBubble();
}

async function send(work: (talker: Talker & { conversation: string }) => Promise<Wire>): Promise<void> {
  session ??= start();
  const talker = await session;
  try {
    keep({ message: await work(talker), name: '' }, talker.userUuid);
  } catch (error) {
    const message = {
      id: crypto.randomUUID(),
      ci: '',
      fi: talker.userUuid,
      ms: 'TEXT',
      bo: texts.failed,
      ts: Date.now() / 1000,
    };
    keep({ message, name: '', problem: (error as Error).message }, talker.userUuid);
  }
}

onSend(form, {
  text: (value) => send((talker) => sendMessage(talker, talker.conversation, 'TEXT', value)),
  file: (value) => send((talker) => sendFile(talker, talker.conversation, value)),
});
bubble.addEventListener('click', () => toggle(widget.hidden !== false));
find('.close').addEventListener('click', () => toggle(false));
root.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && !widget.hidden) toggle(false);
});
// A visitor who was here before hears the answers without opening the chat.
if (localStorage.getItem(TRACE) !== null) session = start();
showBubble();
