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
import type { DeskPageData } from './page-data.ts';

/** The desk of an agent: the conversations, and one of them. */

const root = document.querySelector('.desk') as HTMLElement;
const { key, agents, texts } = JSON.parse(root.dataset.page as string) as DeskPageData;
const find = <T extends HTMLElement>(selector: string) => root.querySelector(selector) as T;
const agentField = find<HTMLSelectElement>('[name=agent]');
const statusField = find<HTMLSelectElement>('[name=status]');
const conversationList = find('.conversations');
const messageList = find('.messages');
const form = find<HTMLFormElement>('form');

interface Conversation {
  uuid: string;
  name: string;
  latest: string;
  unread: number;
}

let talker: Talker | undefined;
let conversations: Conversation[] = [];
let current: string | undefined;
let lines: Line[] = [];
let leave = () => {};

async function signIn(): Promise<void> {
  leave();
  const left = new AbortController();
  leave = () => left.abort();
  [talker, conversations, current, lines] = [undefined, [], undefined, []];
  show();
  showState('offline');
  const client = createPpmessageClient({ baseUrl: apiUrl, ...key });
  const { app_uuid: appUuid, user_uuid: userUuid } = await client.signIn(
    agents[agentField.selectedIndex] as (typeof agents)[number],
  );
  const deviceUuid = await registerDevice(client, userUuid, `desk-${userUuid}`);
  if (left.signal.aborted) return;
  talker = { client, appUuid: appUuid ?? '', userUuid, deviceUuid };
  await setStatus();
  await readConversations();
  showState('online');
  for await (const { data } of client.events({ userUuid, deviceUuid, signal: left.signal })) {
    if (left.signal.aborted) return;
    await receive(data, data.from_user?.user_fullname ?? '');
    await client.call('ACK_MESSAGE', { list: [data.pid] });
  }
}

async function receive(message: Wire, name: string): Promise<void> {
  let conversation = conversations.find(({ uuid }) => uuid === message.ci);
  if (conversation === undefined) {
    await readConversations();
    conversation = conversations.find(({ uuid }) => uuid === message.ci);
  }
  if (message.ci === current) keep({ message, name });
  else if (conversation !== undefined) conversation.unread += 1;
  touch(message);
}

async function readConversations(): Promise<void> {
  if (talker === undefined) return;
  const { list } = await talker.client.call('PP_PAGE_USER_CONVERSATION', { user_uuid: talker.userUuid, page_size: 50 });
  const unread = new Map(conversations.map((one) => [one.uuid, one.unread]));
  conversations = list.map(({ uuid, conversation_data, latest_message }) => ({
    uuid,
    name: conversation_data.conversation_name ?? uuid,
    latest: latest_message === null ? '' : textOf(JSON.parse(latest_message.message_body) as Wire),
    unread: unread.get(uuid) ?? 0,
  }));
  show();
}

/** The conversation of a new message comes first. */
function touch(message: Wire): void {
  const conversation = conversations.find(({ uuid }) => uuid === message.ci);
  if (conversation !== undefined) {
    conversation.latest = textOf(message);
    conversations = [conversation, ...conversations.filter((one) => one !== conversation)];
  }
  show();
}

const textOf = ({ ms: subtype, bo: body }: Wire) =>
  subtype === 'TEXT' ? body : subtype === 'IMAGE' ? texts.picture : texts.file;

function keep(line: Line): void {
  if (!lines.some(({ message }) => message.id === line.message.id)) lines.push(line);
}

async function open(uuid: string): Promise<void> {
  if (talker === undefined) return;
  current = uuid;
  lines = [];
  const history = await readHistory(talker.client, uuid);
  // Another conversation may have been opened meanwhile.
  if (current !== uuid) return;
  const arrived = lines;
  lines = history;
  for (const line of arrived) keep(line);
  const conversation = conversations.find((one) => one.uuid === uuid);
  if (conversation !== undefined) conversation.unread = 0;
  show();
  (form.elements.namedItem('text') as HTMLInputElement).focus();
}

function show(): void {
  const items = conversations.map(({ uuid, name, latest, unread }) => {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.setAttribute('aria-current', String(uuid === current));
    const about = document.createElement('small');
    about.textContent = latest;
    button.append(unread > 0 ? `${name} (${unread})` : name, about);
    button.addEventListener('click', () => void open(uuid));
    item.append(button);
    return item;
  });
  conversationList.replaceChildren(...items);
  find('.none').hidden = items.length > 0;
  form.hidden = current === undefined;
  showLines(messageList, lines, talker?.userUuid ?? '', texts);
}

function showState(state: 'offline' | 'online'): void {
  find('[role=status]').textContent = texts.states[state];
  find('.dot').className = `dot ${state}`;
}

async function setStatus(): Promise<void> {
  if (talker === undefined) return;
  const status = statusField.value as 'READY' | 'BUSY' | 'REST';
  await talker.client.call('PPKEFU_SET_SERVICE_USER_STATUS', { user_uuid: talker.userUuid, user_status: status });
}

async function send(work: (talker: Talker, conversation: string) => Promise<Wire>): Promise<void> {
  if (talker === undefined || current === undefined) return;
  try {
    const message = await work(talker, current);
    if (message.ci === current) keep({ message, name: '' });
    touch(message);
  } catch (error) {
    const message = {
      id: crypto.randomUUID(),
      ci: '',
      fi: talker.userUuid,
      ms: 'TEXT',
      bo: texts.failed,
      ts: Date.now() / 1000,
    };
    keep({ message, name: '', problem: (error as Error).message });
    show();
  }
}

/** Leaving the page ends the stream, which is no failure. */
const run = (work: () => Promise<void>) =>
  void work().catch((error: unknown) => {
    if ((error as Error).name === 'AbortError') return;
    showState('offline');
    find('[role=status]').textContent = String(error);
  });

onSend(form, {
  text: (value) => send((one, conversation) => sendMessage(one, conversation, 'TEXT', value)),
  file: (value) => send((one, conversation) => sendFile(one, conversation, value)),
});
agentField.addEventListener('change', () => run(signIn));
statusField.addEventListener('change', () => run(setStatus));
run(signIn);
