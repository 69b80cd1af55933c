import {
  createGobelieveClient,
  type GobelieveConnection,
  readContent,
  type SocketMessage,
  unwrap,
} from '../../client/index.ts';
import type { ChatPageData } from './chat-data.ts';

/** Two devices on one page. Each keeps the messages of its person, and shows those of one conversation. */

const root = document.querySelector('.devices') as HTMLElement;
const { appid, people, texts } = JSON.parse(root.dataset.page as string) as ChatPageData;
type Chat = (typeof people)[number]['chats'][number];

/** A message as the page shows it. */
interface Line {
  sender: number | undefined;
  text: string;
  /** In milliseconds. */
  time: number;
  /** Of an own message: whether the server has acknowledged it, or why it was not sent. */
  state?: string;
}

const nameOf = (uid: number) => people.find((person) => person.uid === uid)?.name ?? String(uid);

for (const device of root.querySelectorAll<HTMLElement>('.device')) startDevice(device);

function startDevice(device: HTMLElement): void {
  const find = <T extends HTMLElement>(selector: string) => device.querySelector(selector) as T;
  const personField = find<HTMLSelectElement>('[name=person]');
  const chatField = find<HTMLSelectElement>('[name=chat]');
  const input = find<HTMLInputElement>('[name=text]');
  const list = find<HTMLOListElement>('.messages');
  const switchButton = find<HTMLButtonElement>('.switch');
  let connection: GobelieveConnection | undefined;
  /** By the key of the conversation. */
  let lines = new Map<string, Line[]>();
  let position = 0;

  const person = () => people.find(({ uid }) => String(uid) === personField.value) as (typeof people)[number];
  const chat = () => person().chats[chatField.selectedIndex] as Chat;

  function become(): void {
    connection?.close();
    chatField.replaceChildren(...person().chats.map(({ name }) => new Option(name)));
    lines = new Map();
    position = 0;
    connect();
  }

  async function connect(): Promise<void> {
    const { uid, token } = person();
    const client = createGobelieveClient({ baseUrl: new URL('../../gobelieve', location.href).href, token });
    if (position === 0) {
      for (const message of await unwrap(client.GET('/messages'))) {
        position = Math.max(position, message.id);
        keep(keyOf(uid, message.command === 8 ? 'group' : 'peer', message), message);
      }
      render();
    }
    const opened = client.connect({ uid, position, onState: (state) => connection === opened && showState(state) });
    connection = opened;
    showState(opened.state);
    try {
      for await (const message of opened) receive(uid, message);
    } catch (error) {
      keepNotice(String(error));
      render();
    }
  }

  function showState(state: GobelieveConnection['state']): void {
    find('[role=status]').textContent = texts.states[state];
    find('.dot').className = `dot ${state}`;
    switchButton.textContent = state === 'closed' ? texts.connect : texts.disconnect;
  }

  function receive(uid: number, { event, data }: SocketMessage): void {
    if ('sender' in data) keep(keyOf(uid, event === 'group_message' ? 'group' : 'peer', data), data);
    else keepNotice(noticeIn(data.content));
    render();
  }

  function keep(key: string, message: { sender: number; content: string; timestamp?: number }): Line {
    const content = readContent(message.content);
    const text = content !== undefined && 'text' in content ? content.text : message.content;
    const line = { sender: message.sender, text, time: (message.timestamp ?? Date.now() / 1000) * 1000 };
    lines.set(key, [...(lines.get(key) ?? []), line]);
    return line;
  }

  function keepNotice(text: string): void {
    lines.set(currentKey(), [...(lines.get(currentKey()) ?? []), { sender: undefined, text, time: Date.now() }]);
  }

  async function send(text: string): Promise<void> {
    const { uid } = person();
    const to = chat();
    const line: Line = keep(currentKey(), { sender: uid, content: JSON.stringify({ text }) });
    line.state = texts.sending;
    render();
    try {
      if (connection === undefined) return;
      if (to.kind === 'group') await connection.sendGroup(to.id, text);
      else if (to.kind === 'peer') await connection.sendPeer(to.id, text);
      else await connection.sendCustomer({ sender_appid: appid, receiver_appid: appid, receiver: to.id }, text);
      delete line.state;
    } catch (error) {
      line.state = texts.failed + (error as Error).message;
    }
    render();
  }

  const currentKey = () => (chat().kind === 'group' ? `group ${chat().id}` : `peer ${chat().id}`);

  function render(): void {
    const shown = lines.get(currentKey()) ?? [];
    list.replaceChildren(...(shown.length > 0 ? shown.map(toItem) : [note(texts.empty)]));
    list.scrollTop = list.scrollHeight;
  }

  function toItem({ sender, text, time, state }: Line): HTMLLIElement {
    if (sender === undefined) return note(text);
    const item = document.createElement('li');
    if (sender === person().uid) item.className = 'own';
    const about = document.createElement('small');
    about.textContent = [
      nameOf(sender),
      new Date(time).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' }),
      state,
    ]
      .filter(Boolean)
      .join(' · ');
    item.append(text, about);
    return item;
  }

  switchButton.addEventListener('click', () => {
    if (connection === undefined || connection.state === 'closed') return void connect();
    position = connection.position;
    connection.close();
  });
  personField.addEventListener('change', become);
  chatField.addEventListener('change', render);
  find('form').addEventListener('submit', (submission) => {
    submission.preventDefault();
    const text = input.value.trim();
    input.value = '';
    if (text !== '') void send(text);
  });
  become();
}

/** A group notification is an object with one key, which says what has happened. */
function noticeIn(content: string): string {
  const [key = ''] = Object.keys(readContent(content) ?? {});
  return texts.notices[key] ?? content;
}

/** A conversation with a user is named after the other side, one with a group after the group. */
function keyOf(
  uid: number,
  kind: 'peer' | 'group',
  { sender, receiver }: { sender: number; receiver: number },
): string {
  if (kind === 'group') return `group ${receiver}`;
  return `peer ${sender === uid ? receiver : sender}`;
}

function note(text: string): HTMLLIElement {
  const item = document.createElement('li');
  item.className = 'notice';
  item.textContent = text;
  return item;
}
