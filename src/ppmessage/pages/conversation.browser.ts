import { type PpmessageClient, PpmessageError } from '../../client/index.ts';
import type { ConversationTexts } from './page-data.ts';

/** One conversation on a page, for customers and agents: its messages, and sending. */

/** The wire form of a message, as much as the pages show. */
export interface Wire {
  id: string;
  ci: string;
  fi: string;
  ms: string;
  bo: string;
  /** In seconds. */
  ts: number;
}

export interface Line {
  message: Wire;
  name: string;
  /** Why an own message was not sent. */
  problem?: string;
}

export interface Talker {
  client: PpmessageClient;
  appUuid: string;
  userUuid: string;
  deviceUuid: string;
}

const base = new URL('../../ppmessage', location.href).href;

export const apiUrl = base;

/** Registers this browser as a device of a user. A browser that is known keeps its device. */
export async function registerDevice(client: PpmessageClient, userUuid: string, trace: string): Promise<string> {
  try {
    const device = { user_uuid: userUuid, device_ostype: 'MAB' as const, ppcom_trace_uuid: trace };
    return (await client.call('PP_CREATE_DEVICE', device)).device_uuid;
  } catch (error) {
    if (error instanceof PpmessageError && error.code === '25') return String(error.answer.device_uuid);
    throw error;
  }
}

/** The latest messages of a conversation, oldest first. */
export async function readHistory(client: PpmessageClient, conversation: string): Promise<Line[]> {
  const { list } = await client.call('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid: conversation, page_size: 50 });
  return list
    .map(({ message_body, from_user }) => ({
      message: JSON.parse(message_body) as Wire,
      name: from_user?.user_fullname ?? '',
    }))
    .reverse();
}

/** Sends a message of a user to a conversation. */
export async function sendMessage(talker: Talker, conversation: string, subtype: string, body: string): Promise<Wire> {
  const { client, appUuid, userUuid, deviceUuid } = talker;
  const uuid = crypto.randomUUID();
  await client.call('PP_SEND_MESSAGE', {
    uuid,
    conversation_uuid: conversation,
    from_uuid: userUuid,
    from_type: 'DU',
    to_uuid: appUuid,
    to_type: 'AP',
    message_type: 'NOTI',
    message_subtype: subtype,
    message_body: body,
    device_uuid: deviceUuid,
  });
  return { id: uuid, ci: conversation, fi: userUuid, ms: subtype, bo: body, ts: Date.now() / 1000 };
}

/** Uploads a file and sends it: a picture as such. */
export async function sendFile(talker: Talker, conversation: string, file: File): Promise<Wire> {
  const fid = await talker.client.upload(file);
  const isPicture = /^image\/(png|jpeg|gif)$/.test(file.type);
  const body = JSON.stringify(isPicture ? { fid, mime: file.type } : { fid, name: file.name });
  return sendMessage(talker, conversation, isPicture ? 'IMAGE' : 'FILE', body);
}

/** Shows the messages of a conversation in a list. */
export function showLines(list: HTMLElement, lines: readonly Line[], ownUuid: string, texts: ConversationTexts): void {
  const items = lines.map((line) => toItem(line, ownUuid, texts));
  if (items.length === 0) {
    const item = document.createElement('li');
    item.className = 'notice';
    item.textContent = texts.empty;
    items.push(item);
  }
  list.replaceChildren(...items);
  const toEnd = () => {
    list.scrollTop = list.scrollHeight;
  };
  toEnd();
  // A picture has its height only when it has arrived.
  for (const picture of list.querySelectorAll('img')) picture.addEventListener('load', toEnd);
}

function toItem({ message, name, problem }: Line, ownUuid: string, texts: ConversationTexts): HTMLLIElement {
  const item = document.createElement('li');
  if (message.fi === ownUuid) item.className = 'own';
  const about = document.createElement('small');
  about.textContent = [name, new Date(message.ts * 1000).toLocaleTimeString(), problem].filter(Boolean).join(' · ');
  item.append(toContent(message, texts), about);
  return item;
}

function toContent({ ms: subtype, bo: body }: Wire, texts: ConversationTexts): Node {
  if (subtype === 'TEXT') return document.createTextNode(body);
  const { fid, orig, thum, name, m4a } = JSON.parse(body) as Record<string, string> & { m4a?: { fid: string } };
  const link = document.createElement('a');
  link.href = `${base}/download/${orig ?? fid ?? m4a?.fid}`;
  link.target = '_blank';
  if (subtype === 'IMAGE') {
    const picture = document.createElement('img');
    picture.src = `${base}/download/${thum ?? fid}`;
    picture.alt = texts.picture;
    link.append(picture);
  } else link.textContent = `${texts.file} ${name ?? ''}`;
  return link;
}

/** Connects a form with a text field and a file field to a conversation. */
export function onSend(
  form: HTMLFormElement,
  { text, file }: { text(value: string): Promise<void>; file(value: File): Promise<void> },
): void {
  const input = form.elements.namedItem('text') as HTMLInputElement;
  const files = form.elements.namedItem('file') as HTMLInputElement;
  form.addEventListener('submit', (submission) => {
    submission.preventDefault();
    const value = input.value.trim();
    input.value = '';
    if (value !== '') void text(value);
  });
  files.addEventListener('change', () => {
    const [chosen] = files.files ?? [];
    if (chosen !== undefined) void file(chosen);
    files.value = '';
  });
}
